#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lmpack/error.hpp"
#include "lmpack/tokens/token_path.hpp"
#include "lmpack/tokens/token_table.hpp"
#include "lmpack/tokens/weight_sums.hpp"
#include "token_tables.hpp"

namespace {

using namespace lmpack;
using tests::table_of;

TEST_CASE("a table knows its tokens, and where ranges of them split") {
  const TokenTable table = table_of({"a", "ab", "aca", "b", "ba", "bb"});
  CHECK(table.size() == 6);
  CHECK(table.length(2) == 3);
  CHECK(std::string(table.token(2).begin(), table.token(2).end()) == "aca");
  CHECK(table.all() == TokenRange{0, 6});
  CHECK(table.split(table.all(), 0, 'b') == 3);
  CHECK(table.split({3, 6}, 0, 'b') == 3);
  CHECK(table.split(table.all(), 0, 'a') == 0);
  CHECK(table.split(table.all(), 0, 'c') == 6);
  CHECK(table.split({1, 3}, 1, 'c') == 2);
  CHECK(table.split({1, 3}, 1, 'b') == 1);
  CHECK(table.split({4, 6}, 1, 'x') == 6);
  CHECK(table.split({2, 2}, 1, 'a') == 2);
}

TEST_CASE("bytes above 127 come last") {
  const TokenTable table = table_of({"a", "\x80", "\xff"});
  CHECK(table.split(table.all(), 0, 128) == 1);
  CHECK_THROWS_AS(table_of({"\xff", "a"}), InvalidArgument);
}

TEST_CASE("tables out of order, with empty tokens or of another size are refused") {
  CHECK_THROWS_AS(table_of({}), InvalidArgument);
  CHECK_THROWS_AS(table_of({""}), InvalidArgument);
  CHECK_THROWS_AS(table_of({"a", "a"}), InvalidArgument);
  CHECK_THROWS_AS(table_of({"ab", "a"}), InvalidArgument);
  const std::array<std::uint8_t, 2> lengths{1, 1};
  CHECK_THROWS_AS(TokenTable({'a'}, lengths), InvalidArgument);
  CHECK_THROWS_AS(TokenTable({'a', 'b', 'c'}, lengths), InvalidArgument);
  const std::vector<std::uint8_t> many(TokenTable::kMostTokens + 1, 1);
  CHECK_THROWS_AS(TokenTable(many, many), InvalidArgument);
}

TEST_CASE("sums are exact for the largest table of the largest weights") {
  WeightSums sums(TokenTable::kMostTokens);
  const std::vector<std::int32_t> weights(TokenTable::kMostTokens, 1 << kWeightBits);
  sums.assign(weights);
  CHECK(sums.of({0, weights.size()}) == std::uint64_t{1} << 50);
  CHECK(sums.of({7, 7}) == 0);
  CHECK(sums.of({5, 8}) == std::uint64_t{3} << kWeightBits);
}

TEST_CASE("weights out of range and of another number are refused") {
  WeightSums sums(2);
  CHECK_THROWS_AS(sums.assign(std::array<std::int32_t, 3>{}), InvalidArgument);
  CHECK_THROWS_AS(sums.assign(std::array<std::int32_t, 2>{0, -1}), InvalidArgument);
  CHECK_THROWS_AS(sums.assign(std::array<std::int32_t, 2>{(1 << 30) + 1, 0}), InvalidArgument);
  CHECK_NOTHROW(sums.assign(std::array<std::int32_t, 2>{1 << 30, 0}));
}

TEST_CASE("shares are those of the specification, up to the largest sums") {
  static_assert(share(0, 0) == kHalf);
  static_assert(share(0, 5) == 1);
  static_assert(share(5, 0) == kCertain);
  static_assert(share(1, 1) == kHalf);
  static_assert(share(1, 3) == kHalf / 2);
  static_assert(share(0, std::uint64_t{1} << 50) == 1);
  struct Case {
    std::uint64_t ones, zeros;
    Probability share;
  };
  // Computed with unbounded integers.
  const Case cases[] = {{1, 2, 21845},
                        {2, 1, 43690},
                        {3, 0, 65535},
                        {93824992236885, 187649984473770, 21845},
                        {140737488355328, 140737488355327, 32768},
                        {241264265751990, 40210710958665, 56173},
                        {93824992236885, 187649984473771, 21845},
                        {140737488355329, 140737488355327, 32768},
                        {241264265751991, 40210710958665, 56173},
                        {187649984477885, 375299968955772, 21845},
                        {281474976716829, 281474976716828, 32768},
                        {482528531514564, 80421421919093, 56173},
                        {375299968947541, 750599937895083, 21845},
                        {562949953421313, 562949953421311, 32768},
                        {965057063007964, 160842843834660, 56173}};
  for (const Case& one : cases) CHECK(share(one.ones, one.zeros) == one.share);
}

TEST_CASE("a path has the decisions that lead to its token") {
  const TokenTable table = table_of({"a", "ab", "b"});
  WeightSums sums(3);
  sums.assign(std::array<std::int32_t, 3>{6, 2, 8});
  TokenPath path;
  find_path(table, sums, 0, 2, path);
  // a is 0x61, b is 0x62: the seventh bit tells them apart, the eighth follows from it.
  REQUIRE(path.size() == 9);
  CHECK(path[5] == TokenDecision{1, false, false, false});
  CHECK(path[6] == TokenDecision{static_cast<std::uint16_t>(kHalf), false, true, false});
  CHECK(path[7] == TokenDecision{65535, false, false, true});
  CHECK(path[8] == TokenDecision{49152, true, true, true});
  // At the end of the lane it can only end.
  find_path(table, sums, 0, 1, path);
  CHECK(path.size() == 8);
  find_path(table, sums, 1, 2, path);
  REQUIRE(path.size() == 17);
  CHECK(path[8] == TokenDecision{49152, true, true, false});
  CHECK(path[16] == TokenDecision{1, false, false, false});
}

}  // namespace
