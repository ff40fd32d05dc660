// The lanes of one model on their way through a piece of a block that is known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "lmpack/coder/block_layout.hpp"
#include "lmpack/engine/engine.hpp"
#include "lmpack/engine/lane.hpp"
#include "lmpack/engine/lanes_before.hpp"

namespace lmpack {

class LaneRunner {
 public:
  // Lanes `first` to `end` - 1 of the block, whose predictions begin at step `step`. They are fed
  // what comes before as far as these predictions depend on it, so that they are those of lanes
  // that have been fed from the start. before: what lanes go on from, of which the engine has the
  // number `model`. All of it must outlive the runner.
  LaneRunner(const Engine& engine, std::span<const std::uint8_t> plain, BlockLayout layout,
             std::size_t first, std::size_t end, std::size_t step, const LanesBefore& before = {},
             std::size_t model = 0);

  // Predicts the next `count` steps; sink(lane, step, odds) takes the odds of the symbol at this
  // step of the block, also of lanes that have ended.
  template <typename Sink>
  void predict(ForwardPass& pass, std::size_t count, const Sink& sink) {
    const std::size_t begin = fed_;
    const std::size_t wanted = next_;
    pass.run(feeds(count), [&](std::size_t lane, std::size_t i, auto odds) {
      if (begin + i >= wanted) sink(first_ + lane, begin + i, odds);
    });
  }

  // What the first lane remembers; the runner is of no more use.
  Lane take_lane() { return std::move(lanes_.front()); }

 private:
  // The symbols up to `count` steps behind the next one.
  std::span<const LaneFeed> feeds(std::size_t count);
  std::int32_t symbol_before(std::size_t lane, std::size_t step) const;

  const std::span<const std::uint8_t> plain_;
  const BlockLayout layout_;
  const std::int32_t first_symbol_;  // that is fed
  const std::size_t first_;
  std::size_t fed_;   // the first step whose symbol before has not been fed
  std::size_t next_;  // to be predicted; above fed_ only at first
  std::vector<Lane> lanes_;
  std::vector<std::vector<std::int32_t>> symbols_;  // that are fed, by lane
  std::vector<LaneFeed> feeds_;
};

// A lane that has been fed all bytes but the last one, of which there is one at least.
Lane lane_before_last(const Engine& engine, std::span<const std::uint8_t> bytes);

}  // namespace lmpack
