#include "lmpack/coder/block_cursor.hpp"

#include <string>

#include "lmpack/error.hpp"

namespace lmpack {

void BlockCursor::check(std::size_t steps) const {
  state_.check();
  const std::size_t left = layout_.steps() - step_;
  if (steps > left) {
    throw InvalidArgument("the block has " + std::to_string(left) + " steps left, not " +
                          std::to_string(steps));
  }
}

void BlockCursor::check_all_coded() const {
  state_.check();
  if (step_ != layout_.steps()) {
    throw InvalidArgument("the block can be finished after " + std::to_string(layout_.steps()) +
                          " steps, not after " + std::to_string(step_));
  }
}

}  // namespace lmpack
