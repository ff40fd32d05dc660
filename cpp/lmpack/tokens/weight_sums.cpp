#include "lmpack/tokens/weight_sums.hpp"

#include <string>

#include "lmpack/error.hpp"

namespace lmpack {

void WeightSums::assign(std::span<const std::int32_t> weights) {
  if (weights.size() != tokens()) {
    throw InvalidArgument("a table of " + std::to_string(tokens()) +
                          " tokens needs as many weights, not " + std::to_string(weights.size()));
  }
  std::uint32_t largest = 0;
  std::uint64_t sum = 0;
  auto before = before_.begin();
  for (const std::int32_t weight : weights) {
    const auto value = static_cast<std::uint32_t>(weight);  // those below 0 are large
    largest = std::max(largest, value);
    sum += value;
    *++before = sum;
  }
  if (largest > std::uint32_t{1} << kWeightBits) {
    throw InvalidArgument("weights must be 0 to 2**" + std::to_string(kWeightBits));
  }
}

}  // namespace lmpack
