// Sums of a model's weights over ranges of tokens, and what share of two sums one of them is.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/mixing/logistic.hpp"
#include "lmpack/tokens/token_table.hpp"

namespace lmpack {

// Weights are unnormalised probabilities: each 0 to 2**30.
inline constexpr int kWeightBits = 30;

class WeightSums {
 public:
  // Sums for this many tokens, all 0.
  explicit WeightSums(std::size_t tokens) : before_(tokens + 1) {}

  std::size_t tokens() const { return before_.size() - 1; }

  // Takes the weights [tokens()]. Throws InvalidArgument for another number of them, or for one
  // out of range.
  void assign(std::span<const std::int32_t> weights);

  // Sum of the weights of a range.
  std::uint64_t of(TokenRange range) const { return before_[range.last] - before_[range.first]; }

 private:
  // Of all tokens before each one; the last is that of all: at most 2**50.
  std::vector<std::uint64_t> before_;
};

// The probability of a 1 if the sum of the weights for it is `ones` and of those against it
// `zeros`: 1 to kCertain; kHalf if both are 0. Their sum must be below 2**64.
constexpr Probability share(std::uint64_t ones, std::uint64_t zeros) {
  // More bits would not fit beside those of the probability.
  constexpr int kBits = 64 - kProbabilityBits;
  const std::uint64_t sum = ones + zeros;
  const int dropped = std::max(static_cast<int>(std::bit_width(sum)) - kBits, 0);
  const std::uint64_t divisor = sum >> dropped;
  if (divisor == 0) return kHalf;
  const std::uint64_t p = ((ones >> dropped) << kProbabilityBits) / divisor;
  return static_cast<Probability>(std::clamp<std::uint64_t>(p, 1, kCertain));
}

}  // namespace lmpack
