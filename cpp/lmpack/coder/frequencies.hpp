// From a model's odds to the frequencies of the range coder, with integers only.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/coder/range_interval.hpp"

namespace lmpack {

inline constexpr std::int64_t kSmallestVocabulary = 2;
inline constexpr std::int64_t kLargestVocabulary = 65536;

// Odds are unnormalised probabilities: each 0 to 2**24 - 1, at least one of a table above 0.
inline constexpr int kOddsBits = 24;

// Fractional bits of the quotient frequency / odds.
inline constexpr int kQuotientBits = 31;

static_assert(kFrequencyTotal >= 2 * kLargestVocabulary, "every symbol needs a frequency of 1");
static_assert(kFrequencyBits + kQuotientBits < 64, "odds * quotient must fit in 64 bits");

// Throws InvalidArgument unless a table may have this many symbols.
void check_vocabulary(std::int64_t vocabulary);

// Throws InvalidArgument unless 0 <= symbol < vocabulary.
void check_symbol(std::int64_t symbol, std::int64_t vocabulary);

// Throws InvalidArgument unless all odds are 0 to 2**24 - 1.
void check_odds(std::span<const std::int32_t> odds);

// Frequencies of one table, V = odds.size() = frequencies.size(), S the sum of the odds:
//   quotient = floor((2**24 - V) * 2**31 / S), frequency = 1 + floor(odds * quotient / 2**31);
// what is then left of 2**24 goes to the first of the largest odds. So the frequencies sum to
// 2**24, and none is 0: every symbol can be coded, whatever the model says.
// Throws InvalidArgument if the vocabulary or the odds are out of range.
void frequencies_from_odds(std::span<const std::int32_t> odds,
                           std::span<std::uint32_t> frequencies);

// Pairs [cumulative, frequency] as intervals.
// Throws InvalidArgument for one that is in no table.
std::vector<TableInterval> intervals_from_pairs(std::span<const std::int32_t> pairs);

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
