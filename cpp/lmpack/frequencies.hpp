// From a model's weights to the frequencies of the range coder, with integers only.
#pragma once

#include <cstdint>
#include <span>

#include "lmpack/range_interval.hpp"

namespace lmpack {

inline constexpr std::int64_t kSmallestVocabulary = 2;
inline constexpr std::int64_t kLargestVocabulary = 65536;

// Weights are unnormalised probabilities: 0 <= weight < 2**24, at least one above 0.
inline constexpr int kWeightBits = 24;

// Fractional bits of the quotient frequency / weight.
inline constexpr int kQuotientBits = 31;

static_assert(kFrequencyTotal >= 2 * kLargestVocabulary, "every symbol needs a frequency of 1");
static_assert(kFrequencyBits + kQuotientBits < 64, "weight * quotient must fit in 64 bits");

// Throws InvalidArgument unless a table may have this many symbols.
void check_vocabulary(std::int64_t vocabulary);

// Throws InvalidArgument unless 0 <= symbol < vocabulary.
void check_symbol(std::int64_t symbol, std::int64_t vocabulary);

// Frequencies of one table, V = weights.size() = frequencies.size(), S the sum of the weights:
//   quotient = floor((2**24 - V) * 2**31 / S), frequency = 1 + floor(weight * quotient / 2**31);
// what is then left of 2**24 goes to the first of the largest weights. So the frequencies sum to
// 2**24, and none is 0: every symbol can be coded, whatever the model says.
// Throws InvalidArgument if the vocabulary or a weight is out of range.
void frequencies_from_weights(std::span<const std::int32_t> weights,
                              std::span<std::uint32_t> frequencies);

// Place of a symbol in its table. symbol < frequencies.size().
TableInterval interval_of(std::span<const std::uint32_t> frequencies, std::uint32_t symbol);

struct FoundSymbol {
  std::uint32_t symbol;
  TableInterval interval;
};

// The symbol with cumulative <= target < cumulative + frequency. target < kFrequencyTotal, and
// the frequencies sum to kFrequencyTotal.
FoundSymbol find_symbol(std::span<const std::uint32_t> frequencies, std::uint32_t target);

}  // namespace lmpack
