// Where the inputs of the mixers stand.
#pragma once

#include <cstddef>

#include "lmpack/mixing/context_steps.hpp"

namespace lmpack {

// Contexts stand in groups. Each group has a row for each input of a context, with an entry for
// each of its contexts; the last group may have entries of none. The other inputs come last.
class InputLayout {
 public:
  // `all`: four inputs of each history instead of one. others: how many other inputs there are.
  InputLayout(std::size_t contexts, bool all, std::size_t others)
      : contexts_(contexts), rows_((all ? 4 : 1) + 1), others_(others) {}

  // Contexts, those of none included.
  std::size_t padded() const {
    return (contexts_ + kContextGroup - 1) / kContextGroup * kContextGroup;
  }

  // Entries of a group.
  std::size_t group() const { return rows_ * kContextGroup; }

  std::size_t size() const { return padded() * rows_ + others_; }

  bool is_of_context(std::size_t place) const {
    return place < padded() * rows_ &&
           place / group() * kContextGroup + place % kContextGroup < contexts_;
  }

  // Of another input.
  std::size_t place_of(std::size_t other) const { return padded() * rows_ + other; }

 private:
  std::size_t contexts_;
  std::size_t rows_;
  std::size_t others_;
};

}  // namespace lmpack
