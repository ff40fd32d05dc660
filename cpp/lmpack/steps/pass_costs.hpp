// What passes of several rows cost, found out while a block is decoded.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

namespace lmpack {

class PassCosts {
 public:
  using Time = std::chrono::steady_clock::duration;
  static constexpr std::size_t kMostRows = 8;

  PassCosts() {
    for (std::size_t rows = 1; rows <= kMostRows; ++rows) costs_[rows] = expected(rows);
  }

  // A pass of 1 to kMostRows rows took as long.
  void took(std::size_t rows, Time time) {
    const auto now = static_cast<float>(time.count());
    if (rows == 1) {
      one_ = one_ == 0 ? now : followed(one_, now);
    } else if (one_ > 0) {
      costs_[rows] = followed(costs_[rows], now / one_);
    }
    // What was found out long ago is tried again.
    for (std::size_t i = 2; i <= kMostRows; ++i) costs_[i] += (expected(i) - costs_[i]) / 1024;
  }

  // What a pass costs, in passes of one row.
  float of(std::size_t rows) const { return costs_[rows]; }

 private:
  // Until it is known.
  static float expected(std::size_t rows) { return 1 + 0.35F * static_cast<float>(rows - 1); }

  // Nearer to what has been seen now; not much nearer where that was much more, as then another
  // program had the processor.
  static float followed(float value, float now) {
    return value + std::min(now - value, value / 8) / 8;
  }

  float one_ = 0;  // what a pass of one row takes; 0: none has been seen
  std::array<float, kMostRows + 1> costs_{};
};

}  // namespace lmpack
