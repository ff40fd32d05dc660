// How filters tell how far they are.
#pragma once

#include <cstddef>

#include "lmpack/block_steps.hpp"

namespace lmpack {

class FilterProgress {
 public:
  explicit FilterProgress(const StepsDone& steps_done) : steps_done_(steps_done) {}

  // To be called again and again, with the number of bytes that are done.
  void at(std::size_t bytes) {
    if (bytes < next_) return;
    steps_done_(bytes);
    next_ = bytes + kBytes;
  }

 private:
  static constexpr std::size_t kBytes = 8192;  // at most about a millisecond

  const StepsDone& steps_done_;
  std::size_t next_ = 0;
};

}  // namespace lmpack
