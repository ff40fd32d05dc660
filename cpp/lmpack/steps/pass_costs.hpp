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

  // A pass of 1 to kMostRows rows took as long. What counts is what it takes undisturbed: a shorter
  // time is believed soon, a longer one only if it comes again and again.
  void took(std::size_t rows, Time time) {
    const auto now = static_cast<float>(time.count());
    float& known = times_[rows];
    if (known == 0) {
      known = now;
    } else {
      known += now < known ? (now - known) / 4 : std::min(now - known, known) / 64;
    }
  }

  // What a pass costs, in passes of one row. Of those that have not been tried a guess.
  float of(std::size_t rows) const {
    if (times_[1] == 0) return guess(rows);
    for (std::size_t tried = rows; tried > 1; --tried) {
      if (times_[tried] == 0) continue;
      return std::max(1.0F, times_[tried] / times_[1]) + guess(rows) - guess(tried);
    }
    return guess(rows);
  }

 private:
  static float guess(std::size_t rows) { return 1 + 0.35F * static_cast<float>(rows - 1); }

  std::array<float, kMostRows + 1> times_{};  // by rows; 0: not tried
};

}  // namespace lmpack
