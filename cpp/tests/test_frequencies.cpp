#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "lmpack/coder/frequencies.hpp"
#include "lmpack/error.hpp"
#include "test_support.hpp"

namespace lmpack {
namespace {

using testing::Odds;
using testing::Random;
using testing::Table;

__extension__ using Wide = unsigned __int128;

constexpr std::int32_t kLargestOdds = (1 << kOddsBits) - 1;

// The rule word by word, in integers that cannot overflow.
Table plain_table(const Odds& odds) {
  const Wide sum = std::accumulate(odds.begin(), odds.end(), Wide{0});
  const Wide quotient = ((Wide{1} << 24) - odds.size()) * (Wide{1} << 31) / sum;
  Table table;
  std::uint32_t left = 1 << 24;
  for (const std::int32_t value : odds) {
    const Wide product = static_cast<Wide>(value) * quotient;
    table.push_back(1 + static_cast<std::uint32_t>(product / (Wide{1} << 31)));
    left -= table.back();
  }
  std::size_t largest = 0;
  for (std::size_t i = 0; i < odds.size(); ++i) {
    if (odds[i] > odds[largest]) largest = i;
  }
  table[largest] += left;
  return table;
}

void check_table(const Odds& odds) {
  CAPTURE(odds.size());
  const Table table = testing::table_of(odds);
  CHECK(table == plain_table(odds));
  CHECK(std::accumulate(table.begin(), table.end(), std::uint64_t{0}) == kFrequencyTotal);
  CHECK(*std::ranges::min_element(table) >= 1);
}

TEST_CASE("random odds give the table of the plain rule") {
  Random random(5);
  for (int round = 0; round < 2000; ++round) {
    check_table(random.odds(1, 2 + random.below(400)));
  }
}

TEST_CASE("extreme odds give the table of the plain rule") {
  for (const std::size_t vocabulary : {2u, 3u, 15u, 16u, 17u, 256u, 65535u, 65536u}) {
    for (const std::int32_t value : {1, 2, 1 << 23, kLargestOdds}) {
      check_table(Odds(vocabulary, value));
      for (const std::size_t position : {std::size_t{0}, vocabulary / 2, vocabulary - 1}) {
        Odds one(vocabulary, 0);
        one[position] = value;
        check_table(one);
        Odds dominant(vocabulary, 1);
        dominant[position] = value;
        check_table(dominant);
      }
    }
  }
}

TEST_CASE("what is left goes to the first of the largest odds") {
  const Table table = testing::table_of(Odds{3, 5, 5, 4});
  CHECK(table[1] > table[2]);
}

TEST_CASE("every target finds the symbol that owns it") {
  Random random(6);
  for (const std::size_t vocabulary : {2u, 15u, 16u, 17u, 31u, 256u, 1000u}) {
    const Table table = testing::table_of(random.odds(1, vocabulary));
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

TEST_CASE("odds out of range are refused") {
  for (const Odds& odds : {Odds{}, Odds{1}, Odds(65537, 1), Odds{0, 0}, Odds{5, -1},
                           Odds{INT32_MIN, 1}, Odds{1, kLargestOdds + 1}, Odds{INT32_MAX, 1}}) {
    CAPTURE(odds.size());
    CHECK_THROWS_AS(testing::table_of(odds), InvalidArgument);
  }
}

TEST_CASE("a table of another size is refused") {
  Table table(3);
  CHECK_THROWS_AS(frequencies_from_odds(Odds{1, 2}, table), InvalidArgument);
}

}  // namespace
}  // namespace lmpack
