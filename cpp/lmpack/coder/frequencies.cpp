#include "lmpack/coder/frequencies.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>
#include <string>

#include "lmpack/error.hpp"

namespace lmpack {
namespace {

struct OddsSummary {
  std::uint64_t sum;
  std::int32_t largest;
};

[[noreturn]] void refuse_odds(std::span<const std::int32_t> odds) {
  check_odds(odds);
  throw InvalidArgument("at least one of the odds must be above 0, but all " +
                        std::to_string(odds.size()) + " are 0");
}

// One pass without branches, so that compilers vectorise it: odds out of range, negative ones
// included, set a bit of `seen` at or above kOddsBits.
OddsSummary summarise(std::span<const std::int32_t> odds) {
  OddsSummary summary{0, 0};
  std::uint32_t seen = 0;
  for (const std::int32_t value : odds) {
    const auto bits = static_cast<std::uint32_t>(value);
    seen |= bits;
    summary.sum += bits;
    summary.largest = std::max(summary.largest, value);
  }
  if ((seen >> kOddsBits) != 0 || summary.sum == 0) refuse_odds(odds);
  return summary;
}

// Fills the table and returns its sum. `Quotient` is the narrowest type that holds the quotient:
// a product of two 32-bit integers is much faster than one of two 64-bit integers.
template <typename Quotient>
std::uint32_t scale(std::span<const std::int32_t> odds, Quotient quotient,
                    std::span<std::uint32_t> frequencies) {
  std::uint32_t total = 0;
  for (std::size_t i = 0; i < odds.size(); ++i) {
    const std::uint64_t product = std::uint64_t{static_cast<std::uint32_t>(odds[i])} * quotient;
    frequencies[i] = 1 + static_cast<std::uint32_t>(product >> kQuotientBits);
    total += frequencies[i];
  }
  return total;
}

}  // namespace

void check_vocabulary(std::int64_t vocabulary) {
  if (vocabulary < kSmallestVocabulary || vocabulary > kLargestVocabulary) {
    throw InvalidArgument("a vocabulary must have " + std::to_string(kSmallestVocabulary) + " to " +
                          std::to_string(kLargestVocabulary) + " symbols, not " +
                          std::to_string(vocabulary));
  }
}

void check_symbol(std::int64_t symbol, std::int64_t vocabulary) {
  if (symbol < 0 || symbol >= vocabulary) {
    throw InvalidArgument("a symbol must be 0 to " + std::to_string(vocabulary - 1) + ", not " +
                          std::to_string(symbol));
  }
}

void check_odds(std::span<const std::int32_t> odds) {
  constexpr std::int32_t kLimit = std::int32_t{1} << kOddsBits;
  for (const std::int32_t value : odds) {
    if (value < 0 || value >= kLimit) {
      throw InvalidArgument("odds must be 0 to " + std::to_string(kLimit - 1) + ", not " +
                            std::to_string(value));
    }
  }
}

void frequencies_from_odds(std::span<const std::int32_t> odds,
                           std::span<std::uint32_t> frequencies) {
  check_vocabulary(static_cast<std::int64_t>(odds.size()));
  if (frequencies.size() != odds.size()) {
    throw InvalidArgument("there must be room for " + std::to_string(odds.size()) +
                          " frequencies, not " + std::to_string(frequencies.size()));
  }
  const OddsSummary summary = summarise(odds);
  const std::uint64_t spread = kFrequencyTotal - odds.size();
  const std::uint64_t quotient = (spread << kQuotientBits) / summary.sum;
  const std::uint32_t total = quotient <= std::numeric_limits<std::uint32_t>::max()
                                  ? scale(odds, static_cast<std::uint32_t>(quotient), frequencies)
                                  : scale(odds, quotient, frequencies);
  const auto largest = std::find(odds.begin(), odds.end(), summary.largest);
  frequencies[static_cast<std::size_t>(largest - odds.begin())] += kFrequencyTotal - total;
}

std::vector<TableInterval> intervals_from_pairs(std::span<const std::int32_t> pairs) {
  std::vector<TableInterval> intervals;
  intervals.reserve(pairs.size() / 2);
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    const std::int64_t cumulative = pairs[i];
    const std::int64_t frequency = pairs[i + 1];
    if (cumulative < 0 || frequency < 1 || cumulative + frequency > kFrequencyTotal) {
      throw InvalidArgument("an interval must lie in 0 to " + std::to_string(kFrequencyTotal) +
                            ", not from " + std::to_string(cumulative) + " to " +
                            std::to_string(cumulative + frequency));
    }
    intervals.push_back(
        {static_cast<std::uint32_t>(cumulative), static_cast<std::uint32_t>(frequency)});
  }
  return intervals;
}

TableInterval interval_of(std::span<const std::uint32_t> frequencies, std::uint32_t symbol) {
  const auto end = frequencies.begin() + static_cast<std::ptrdiff_t>(symbol);
  return {std::accumulate(frequencies.begin(), end, std::uint32_t{0}), frequencies[symbol]};
}

FoundSymbol find_symbol(std::span<const std::uint32_t> frequencies, std::uint32_t target) {
  // Whole groups are skipped by their sum, which compilers vectorise; one group is searched.
  constexpr std::size_t kGroup = 16;
  std::uint32_t cumulative = 0;
  std::size_t symbol = 0;
  while (symbol + kGroup <= frequencies.size()) {
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < kGroup; ++i) group += frequencies[symbol + i];
    if (target - cumulative < group) break;
    cumulative += group;
    symbol += kGroup;
  }
  while (target - cumulative >= frequencies[symbol]) cumulative += frequencies[symbol++];
  return {static_cast<std::uint32_t>(symbol), {cumulative, frequencies[symbol]}};
}

}  // namespace lmpack
