#include "lmpack/coder/block_cursor.hpp"

#include <string>

#include "lmpack/error.hpp"

namespace lmpack {

void BlockCursor::check(std::size_t steps) const {
  check_state();
  const std::size_t left = layout_.steps() - step_;
  if (steps > left) {
    throw InvalidArgument("the block has " + std::to_string(left) + " steps left, not " +
                          std::to_string(steps));
  }
}

void BlockCursor::check_all_coded() const {
  check_state();
  if (step_ != layout_.steps()) {
    throw InvalidArgument("the block can be finished after " + std::to_string(layout_.steps()) +
                          " steps, not after " + std::to_string(step_));
  }
}

void BlockCursor::check_state() const {
  if (state_ == State::kFinished) {
    throw InvalidArgument("the block is finished: use a new coder for another one");
  }
  if (state_ == State::kFailed) {
    throw InvalidArgument("an earlier error stopped this block: start again with a new coder");
  }
}

}  // namespace lmpack
