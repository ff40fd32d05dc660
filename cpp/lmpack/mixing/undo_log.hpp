// What values were before they were changed, so that all of it can be undone.
#pragma once

#include <vector>

namespace lmpack {

// A value may be kept several times.
template <typename Value>
class UndoLog {
 public:
  // To be called before a value changes, which must stay where it is.
  void keep(Value& value) { entries_.push_back({&value, value}); }

  // Makes all values what they were when they were first kept.
  void undo() {
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
      *entry->place = entry->value;
    }
    entries_.clear();
  }

 private:
  struct Entry {
    Value* place;
    Value value;
  };

  std::vector<Entry> entries_;
};

}  // namespace lmpack
