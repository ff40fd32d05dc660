// What the passes of both families of models have in common.
#pragma once

namespace lmpack {

// Empties the rows of a pass however it ends: the next one writes where these stand.
template <typename Vector>
class EmptyAtExit {
 public:
  explicit EmptyAtExit(Vector& rows) : rows_(rows) {}
  ~EmptyAtExit() { rows_.clear(); }
  EmptyAtExit(const EmptyAtExit&) = delete;
  EmptyAtExit& operator=(const EmptyAtExit&) = delete;

 private:
  Vector& rows_;
};

}  // namespace lmpack
