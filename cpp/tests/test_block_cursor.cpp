#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include "lmpack/coder/block_cursor.hpp"
#include "lmpack/error.hpp"

namespace lmpack {
namespace {

void nothing() {}
void ignore(const Cell&) {}

TEST_CASE("symbols are visited step by step, at each step lane by lane, in any pieces") {
  const BlockLayout layout(8, 3);  // the last lane has two symbols
  for (const std::size_t piece : {1U, 2U, 3U}) {
    BlockCursor cursor(layout);
    std::vector<std::size_t> visited;
    while (cursor.step() < layout.steps()) {
      const std::size_t first = cursor.step();
      const std::size_t steps = std::min(piece, layout.steps() - first);
      cursor.check(steps);
      cursor.advance(steps, [&](const Cell& cell) {
        visited.push_back(cell.index);
        CHECK(cell.lane == cell.index / 3);
        CHECK(cell.entry == cell.lane * steps + cell.index % 3 - first);
      });
    }
    CHECK(visited == std::vector<std::size_t>{0, 3, 6, 1, 4, 7, 2, 5});
  }
}

TEST_CASE("steps are counted, and what is out of turn does no harm") {
  BlockCursor cursor(BlockLayout(4, 2));
  CHECK_THROWS_WITH_AS(cursor.check(3), "the block has 2 steps left, not 3", InvalidArgument);
  CHECK_THROWS_WITH_AS(cursor.finish(nothing),
                       "the block can be finished after 2 steps, not after 0", InvalidArgument);
  cursor.check(2);
  cursor.advance(2, ignore);
  CHECK_THROWS_WITH_AS(cursor.check(1), "the block has 0 steps left, not 1", InvalidArgument);
  cursor.finish(nothing);
  const char* const finished = "the block is finished: use a new coder for another one";
  CHECK_THROWS_WITH_AS(cursor.check(0), finished, InvalidArgument);
  CHECK_THROWS_WITH_AS(cursor.finish(nothing), finished, InvalidArgument);
}

TEST_CASE("after an error every call is refused in the same way") {
  const auto fail = [](const Cell&) { throw std::runtime_error("bad"); };
  const char* const failed = "an earlier error stopped this block: start again with a new coder";
  BlockCursor coding(BlockLayout(1, 1));
  CHECK_THROWS_WITH(coding.advance(1, fail), "bad");
  CHECK_THROWS_WITH_AS(coding.check(1), failed, InvalidArgument);
  CHECK_THROWS_WITH_AS(coding.finish(nothing), failed, InvalidArgument);
  BlockCursor ending(BlockLayout(1, 1));
  ending.advance(1, ignore);
  CHECK_THROWS_WITH(ending.finish([] { throw std::runtime_error("bad"); }), "bad");
  CHECK_THROWS_WITH_AS(ending.finish(nothing), failed, InvalidArgument);
}

}  // namespace
}  // namespace lmpack
