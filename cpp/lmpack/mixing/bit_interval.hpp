// How a bit narrows the range coder's interval.
#pragma once

#include <cstdint>

#include "lmpack/coder/range_interval.hpp"
#include "lmpack/mixing/logistic.hpp"

namespace lmpack {

// The share of a 1 in a table of the two bits; it comes first.
constexpr std::uint32_t share_of_one(Probability p) {
  return p << (kFrequencyBits - kProbabilityBits);
}

constexpr TableInterval bit_interval(Probability p, std::uint32_t bit) {
  const std::uint32_t ones = share_of_one(p);
  return bit != 0 ? TableInterval{0, ones} : TableInterval{ones, kFrequencyTotal - ones};
}

}  // namespace lmpack
