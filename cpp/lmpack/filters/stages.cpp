#include "lmpack/filters/stages.hpp"

#include <algorithm>

namespace lmpack {
namespace {

constexpr int kUnitBits = 16;
constexpr std::int32_t kStep = 64;
constexpr std::int32_t kLargestWeight = 1 << 20;

}  // namespace

Stages::Stages(const std::vector<std::size_t>& first, std::size_t second, std::size_t third,
               std::int32_t largest)
    : largest_(largest) {
  stages_ = {AdaptiveFilter(first, largest), AdaptiveFilter({second}, largest),
             AdaptiveFilter({third}, largest)};
  weights_.fill(1 << kUnitBits);
}

std::int64_t Stages::predict() {
  std::int64_t sum = 1 << (kUnitBits - 1);
  for (std::size_t k = 0; k < kStages; ++k) {
    parts_[k] = stages_[k].predict();
    sum += std::int64_t{weights_[k]} * parts_[k];
  }
  return sum >> kUnitBits;
}

void Stages::update(std::int32_t value, int direction, bool first_takes_it) {
  std::int32_t target = value;
  for (std::size_t k = 0; k < kStages; ++k) {
    const std::int32_t rest = target - parts_[k];
    stages_[k].adapt(rest);
    if (k > 0 || first_takes_it) stages_[k].push(0, target);
    weights_[k] = std::clamp(weights_[k] + direction * sign(parts_[k]) * kStep, -kLargestWeight,
                             kLargestWeight);
    target = clip_value(rest, largest_);
  }
}

}  // namespace lmpack
