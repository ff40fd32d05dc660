// A distribution over bytes as eight binary predictions.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "lmpack/mixing/logistic.hpp"

namespace lmpack {

// The probability that bit `bit` (0 is the highest) of a byte is 1, given the bits above it in
// `prefix` (a leading 1, then those bits). weights: of the 256 bytes, non-negative, with a sum
// below 2**32.
inline Probability bit_probability(std::span<const std::int32_t> weights, int bit,
                                   std::uint32_t prefix) {
  const std::size_t half = std::size_t{128} >> bit;
  const std::size_t first = (prefix << (8 - bit)) - 256;
  std::uint32_t zeros = 0;
  std::uint32_t ones = 0;
  for (std::size_t i = 0; i < half; ++i) {
    zeros += static_cast<std::uint32_t>(weights[first + i]);
    ones += static_cast<std::uint32_t>(weights[first + half + i]);
  }
  const std::uint64_t sum = std::uint64_t{zeros} + ones;
  if (sum == 0) return kHalf;
  const auto p = static_cast<Probability>((std::uint64_t{ones} << kProbabilityBits) / sum);
  return std::clamp(p, Probability{1}, kCertain);
}

}  // namespace lmpack
