// Filters in a row, each of which predicts what the one before has left (docs/filters.md,
// section 5).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmpack/filters/adaptive_filter.hpp"

namespace lmpack {

class Stages {
 public:
  static constexpr std::size_t kStages = 3;

  // The orders of the signals of the first stage, those of the other two, and the bound on all
  // values.
  Stages(const std::vector<std::size_t>& first, std::size_t second, std::size_t third,
         std::int32_t largest);

  AdaptiveFilter& first() { return stages_[0]; }

  // The next value.
  std::int64_t predict();

  // The value that came, and whether it is above the prediction that was made of it (1), below it
  // (-1), or neither. The first signal of each stage takes its value, unless the caller replaces
  // those of the first.
  void update(std::int32_t value, int direction, bool first_takes_it);

 private:
  std::vector<AdaptiveFilter> stages_;
  std::array<std::int32_t, kStages> weights_;  // in units of 2**-16
  std::array<std::int32_t, kStages> parts_{};  // what each stage predicts
  std::int32_t largest_;
};

inline int sign(std::int64_t value) { return (value > 0) - (value < 0); }

}  // namespace lmpack
