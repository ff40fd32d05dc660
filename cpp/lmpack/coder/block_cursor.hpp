// What all coders of a block have in common: where they are, and whether they may go on.
#pragma once

#include <cstddef>

#include "lmpack/coder/block_layout.hpp"
#include "lmpack/coder/coder_state.hpp"

namespace lmpack {

// A symbol of the steps that are being coded.
struct Cell {
  std::size_t lane;
  std::size_t index;  // in the block
  std::size_t entry;  // in an array [lanes, steps] of these steps
};

// Visits the symbols of a block in coding order: step by step, at each step lane by lane. A coder
// that failed, or is finished, refuses every further call.
class BlockCursor {
 public:
  explicit BlockCursor(BlockLayout layout) : layout_(layout) {}

  const BlockLayout& layout() const { return layout_; }

  // Steps that are coded. 0 <= step() <= layout().steps().
  std::size_t step() const { return step_; }

  // Throws InvalidArgument unless the next `steps` steps may be coded now.
  void check(std::size_t steps) const;

  // Calls code(cell) for every symbol of the next `steps` steps. After an exception of code() a
  // step is half coded, and the cursor stays failed. check(steps) must hold.
  template <typename Code>
  void advance(std::size_t steps, const Code& code) {
    state_.advance([&] {
      for (std::size_t step = 0; step < steps; ++step) {
        const std::size_t active = layout_.active_lanes(step_ + step);
        for (std::size_t lane = 0; lane < active; ++lane) {
          code(Cell{lane, layout_.index(lane, step_ + step), lane * steps + step});
        }
      }
      step_ += steps;
    });
  }

  // Calls end(), which ends the stream. Throws InvalidArgument unless all steps are coded. After an
  // exception of end() the cursor stays failed.
  template <typename End>
  void finish(const End& end) {
    check_all_coded();
    state_.finish(end);
  }

 private:
  void check_all_coded() const;

  BlockLayout layout_;
  std::size_t step_ = 0;
  CoderState state_;
};

}  // namespace lmpack
