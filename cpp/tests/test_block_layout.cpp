#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

#include "lmpack/coder/block_layout.hpp"
#include "lmpack/error.hpp"

namespace lmpack {
namespace {

TEST_CASE("every symbol of a block belongs to exactly one lane and step") {
  for (std::int64_t length = 1; length <= 40; ++length) {
    for (std::int64_t lane_length = 1; lane_length <= length; ++lane_length) {
      const BlockLayout layout(length, lane_length);
      std::vector<int> seen(static_cast<std::size_t>(length), 0);
      for (std::size_t step = 0; step < layout.steps(); ++step) {
        for (std::size_t lane = 0; lane < layout.active_lanes(step); ++lane) {
          ++seen.at(layout.index(lane, step));
        }
      }
      CHECK(seen == std::vector<int>(static_cast<std::size_t>(length), 1));
      CHECK(layout.active_lanes(0) == layout.lanes());
    }
  }
}

TEST_CASE("lengths out of range are refused") {
  CHECK_THROWS_AS(BlockLayout(0, 1), InvalidArgument);
  CHECK_THROWS_AS(BlockLayout(-1, 1), InvalidArgument);
  CHECK_THROWS_AS(BlockLayout(std::int64_t{1} << 31, 1), InvalidArgument);
  CHECK_THROWS_AS(BlockLayout(INT64_MAX, 1), InvalidArgument);
  CHECK_THROWS_AS(BlockLayout(5, 0), InvalidArgument);
  CHECK_THROWS_AS(BlockLayout(5, 6), InvalidArgument);
  CHECK_NOTHROW(BlockLayout((std::int64_t{1} << 31) - 1, 1));
}

}  // namespace
}  // namespace lmpack
