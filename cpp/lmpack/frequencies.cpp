#include "lmpack/frequencies.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <numeric>
#include <string>

#include "lmpack/error.hpp"

namespace lmpack {
namespace {

struct WeightSummary {
  std::uint64_t sum;
  std::int32_t largest;
};

[[noreturn]] void refuse_weights(std::span<const std::int32_t> weights) {
  constexpr std::int32_t kLimit = std::int32_t{1} << kWeightBits;
  for (const std::int32_t weight : weights) {
    if (weight < 0 || weight >= kLimit) {
      throw InvalidArgument("a weight must be 0 to " + std::to_string(kLimit - 1) + ", not " +
                            std::to_string(weight));
    }
  }
  throw InvalidArgument("at least one weight must be above 0, but all " +
                        std::to_string(weights.size()) + " are 0");
}

// One pass without branches, so that compilers vectorise it: a weight out of range, a negative
// one included, sets a bit of `seen` at or above kWeightBits.
WeightSummary summarise(std::span<const std::int32_t> weights) {
  WeightSummary summary{0, 0};
  std::uint32_t seen = 0;
  for (const std::int32_t weight : weights) {
    const auto bits = static_cast<std::uint32_t>(weight);
    seen |= bits;
    summary.sum += bits;
    summary.largest = std::max(summary.largest, weight);
  }
  if ((seen >> kWeightBits) != 0 || summary.sum == 0) refuse_weights(weights);
  return summary;
}

// Fills the table and returns its sum. `Quotient` is the narrowest type that holds the quotient:
// a product of two 32-bit integers is much faster than one of two 64-bit integers.
template <typename Quotient>
std::uint32_t scale(std::span<const std::int32_t> weights, Quotient quotient,
                    std::span<std::uint32_t> frequencies) {
  std::uint32_t total = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::uint64_t product = std::uint64_t{static_cast<std::uint32_t>(weights[i])} * quotient;
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

void frequencies_from_weights(std::span<const std::int32_t> weights,
                              std::span<std::uint32_t> frequencies) {
  check_vocabulary(static_cast<std::int64_t>(weights.size()));
  if (frequencies.size() != weights.size()) {
    throw InvalidArgument("there must be room for " + std::to_string(weights.size()) +
                          " frequencies, not " + std::to_string(frequencies.size()));
  }
  const WeightSummary summary = summarise(weights);
  const std::uint64_t spread = kFrequencyTotal - weights.size();
  const std::uint64_t quotient = (spread << kQuotientBits) / summary.sum;
  const std::uint32_t total =
      quotient <= std::numeric_limits<std::uint32_t>::max()
          ? scale(weights, static_cast<std::uint32_t>(quotient), frequencies)
          : scale(weights, quotient, frequencies);
  const auto largest = std::find(weights.begin(), weights.end(), summary.largest);
  frequencies[static_cast<std::size_t>(largest - weights.begin())] += kFrequencyTotal - total;
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
