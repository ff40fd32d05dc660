#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "lmpack/error.hpp"
#include "lmpack/frequencies.hpp"
#include "test_support.hpp"

namespace lmpack {
namespace {

using testing::Random;
using testing::Table;
using testing::Weights;

__extension__ using Wide = unsigned __int128;

constexpr std::int32_t kLargestWeight = (1 << kWeightBits) - 1;

// The rule word by word, in integers that cannot overflow.
Table plain_table(const Weights& weights) {
  const Wide sum = std::accumulate(weights.begin(), weights.end(), Wide{0});
  const Wide quotient = ((Wide{1} << 24) - weights.size()) * (Wide{1} << 31) / sum;
  Table table;
  std::uint32_t left = 1 << 24;
  for (const std::int32_t weight : weights) {
    const Wide product = static_cast<Wide>(weight) * quotient;
    table.push_back(1 + static_cast<std::uint32_t>(product / (Wide{1} << 31)));
    left -= table.back();
  }
  std::size_t largest = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] > weights[largest]) largest = i;
  }
  table[largest] += left;
  return table;
}

void check_table(const Weights& weights) {
  CAPTURE(weights.size());
  const Table table = testing::table_of(weights);
  CHECK(table == plain_table(weights));
  CHECK(std::accumulate(table.begin(), table.end(), std::uint64_t{0}) == kFrequencyTotal);
  CHECK(*std::ranges::min_element(table) >= 1);
}

TEST_CASE("random weights give the table of the plain rule") {
  Random random(5);
  for (int round = 0; round < 2000; ++round) {
    check_table(random.weights(1, 2 + random.below(400)));
  }
}

TEST_CASE("extreme weights give the table of the plain rule") {
  for (const std::size_t vocabulary : {2u, 3u, 15u, 16u, 17u, 256u, 65535u, 65536u}) {
    for (const std::int32_t weight : {1, 2, 1 << 23, kLargestWeight}) {
      check_table(Weights(vocabulary, weight));
      for (const std::size_t position : {std::size_t{0}, vocabulary / 2, vocabulary - 1}) {
        Weights one(vocabulary, 0);
        one[position] = weight;
        check_table(one);
        Weights dominant(vocabulary, 1);
        dominant[position] = weight;
        check_table(dominant);
      }
    }
  }
}

TEST_CASE("what is left goes to the first of the largest weights") {
  const Table table = testing::table_of(Weights{3, 5, 5, 4});
  CHECK(table[1] > table[2]);
}

TEST_CASE("every target finds the symbol that owns it") {
  Random random(6);
  for (const std::size_t vocabulary : {2u, 15u, 16u, 17u, 31u, 256u, 1000u}) {
    const Table table = testing::table_of(random.weights(1, vocabulary));
    std::uint32_t cumulative = 0;
    for (std::uint32_t symbol = 0; symbol < vocabulary; ++symbol) {
      const TableInterval interval = interval_of(table, symbol);
      REQUIRE(interval.cumulative == cumulative);
      REQUIRE(interval.frequency == table[symbol]);
      for (const std::uint32_t target : {cumulative, cumulative + table[symbol] - 1}) {
        const FoundSymbol found = find_symbol(table, target);
        REQUIRE(found.symbol == symbol);
        REQUIRE(found.interval.cumulative == cumulative);
        REQUIRE(found.interval.frequency == table[symbol]);
      }
      cumulative += table[symbol];
    }
  }
}

TEST_CASE("weights out of range are refused") {
  for (const Weights& weights :
       {Weights{}, Weights{1}, Weights(65537, 1), Weights{0, 0}, Weights{5, -1},
        Weights{INT32_MIN, 1}, Weights{1, kLargestWeight + 1}, Weights{INT32_MAX, 1}}) {
    CAPTURE(weights.size());
    CHECK_THROWS_AS(testing::table_of(weights), InvalidArgument);
  }
}

TEST_CASE("a table of another size is refused") {
  Table table(3);
  CHECK_THROWS_AS(frequencies_from_weights(Weights{1, 2}, table), InvalidArgument);
}

}  // namespace
}  // namespace lmpack
