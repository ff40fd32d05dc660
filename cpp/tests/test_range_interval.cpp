#include <doctest/doctest.h>

#include <cstdint>

#include "lmpack/coder/range_interval.hpp"
#include "test_support.hpp"

namespace lmpack {
namespace {

using testing::Random;

// The rule as the format states it, for every number of bytes.
Termination plain_termination(std::uint32_t low, std::uint32_t range) {
  for (int byte_count = 0;; ++byte_count) {
    const std::uint64_t unit = std::uint64_t{1} << (kRangeBits - 8 * byte_count);
    const std::uint64_t value = (low + unit - 1) / unit * unit;
    if (value < std::uint64_t{low} + range) return {value, byte_count};
  }
}

void check_termination(std::uint32_t low, std::uint32_t range) {
  CAPTURE(low);
  CAPTURE(range);
  const Termination expected = plain_termination(low, range);
  const Termination actual = shortest_termination(low, range);
  CHECK(actual.value == expected.value);
  CHECK(actual.byte_count == expected.byte_count);
}

TEST_CASE("the shortest termination follows the plain rule") {
  for (const std::uint32_t range : {kSmallestRange, kSmallestRange + 1, kInitialRange}) {
    for (const std::uint32_t low : {0u, 1u, kSmallestRange - 1, kSmallestRange, 0xFEFFFFFFu,
                                    0xFF000000u, 0xFF000001u, 0xFFFFFFFFu}) {
      check_termination(low, range);
    }
  }
  Random random(1);
  for (int round = 0; round < 20000; ++round) {
    const std::uint32_t range = kSmallestRange + random.below(kInitialRange - kSmallestRange);
    check_termination(random.below(kInitialRange), range);
  }
}

TEST_CASE("the parts of a table fill the range without gap") {
  Random random(2);
  for (const std::uint32_t range : {kSmallestRange, kSmallestRange + 1, kInitialRange}) {
    const auto table = testing::table_of(random.odds(1, 64));
    std::uint32_t cumulative = 0;
    std::uint32_t end = 0;
    for (const std::uint32_t frequency : table) {
      const Subrange part = subrange(range, {cumulative, frequency});
      REQUIRE(part.start == end);
      REQUIRE(part.size >= 1);
      end = part.start + part.size;
      cumulative += frequency;
    }
    CHECK(end == range);
  }
}

}  // namespace
}  // namespace lmpack
