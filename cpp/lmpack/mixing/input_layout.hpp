// Where the inputs of the mixers stand.
#pragma once

#include <cstddef>

#include "lmpack/mixing/context_steps.hpp"

namespace lmpack {

// A row for each input of contexts, with an entry for each context; rows have so many entries that
// vectors are full, and what is no context's entry is free for other inputs.
class InputLayout {
 public:
  // `all`: four inputs of each history instead of one. others: how many other inputs there are.
  InputLayout(std::size_t contexts, bool all, std::size_t others)
      : contexts_(contexts), rows_((all ? 4 : 1) + 1), row_(padded(contexts)) {
    if ((row_ - contexts) * rows_ < others) row_ += kContextGroup;
  }

  std::size_t rows() const { return rows_; }  // of histories, then one of runs
  std::size_t row() const { return row_; }    // entries of a row
  std::size_t size() const { return rows_ * row_; }

  bool is_of_context(std::size_t place) const { return place % row_ < contexts_; }

  // Of another input.
  std::size_t place_of(std::size_t other) const {
    const std::size_t free = row_ - contexts_;
    return other / free * row_ + contexts_ + other % free;
  }

 private:
  static std::size_t padded(std::size_t contexts) {
    return (contexts + kContextGroup - 1) / kContextGroup * kContextGroup;
  }

  std::size_t contexts_;
  std::size_t rows_;
  std::size_t row_;
};

}  // namespace lmpack
