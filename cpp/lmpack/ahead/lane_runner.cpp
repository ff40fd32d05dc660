#include "lmpack/ahead/lane_runner.hpp"

#include <algorithm>

namespace lmpack {

LaneRunner::LaneRunner(const Engine& engine, std::span<const std::uint8_t> plain,
                       BlockLayout layout, std::size_t first, std::size_t end, std::size_t step,
                       const LanesBefore& before, std::size_t model)
    : plain_(plain),
      layout_(layout),
      first_symbol_(before.last(engine)),
      first_(first),
      fed_(step - std::min(step, engine.shape().warm_up())),
      next_(step),
      symbols_(end - first) {
  const std::size_t history = engine.shape().history();
  if (fed_ < history) fed_ = 0;  // what is looked at may stand before the block
  if (fed_ == 0) lanes_.assign(end - first, before.start(engine, model));
  for (std::size_t lane = first; fed_ != 0 && lane < end; ++lane) {
    std::vector<std::int32_t> last(history);
    for (std::size_t i = 1; i <= history; ++i) {
      last[history - i] = symbol_before(lane, fed_ - i);
    }
    lanes_.emplace_back(engine.shape(), last);
  }
}

std::span<const LaneFeed> LaneRunner::feeds(std::size_t count) {
  feeds_.clear();
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    symbols_[i].clear();
    for (std::size_t step = fed_; step < next_ + count; ++step) {
      symbols_[i].push_back(symbol_before(first_ + i, step));
    }
    feeds_.push_back({&lanes_[i], symbols_[i]});
  }
  fed_ = next_ += count;
  return feeds_;
}

Lane lane_before_last(const Engine& engine, std::span<const std::uint8_t> bytes) {
  ForwardPass pass(engine);
  LaneRunner runner(engine, bytes, BlockLayout::of_one_lane(bytes.size()), 0, 1, bytes.size() - 1);
  runner.predict(pass, 1, [](std::size_t, std::size_t, auto) {});
  return runner.take_lane();
}

// What is fed to predict a step: the symbol before it. Lanes that have ended are fed zeros.
std::int32_t LaneRunner::symbol_before(std::size_t lane, std::size_t step) const {
  const std::size_t index = layout_.index(lane, step);
  if (step == 0) return first_symbol_;
  return index > layout_.length() ? 0 : plain_[index - 1];
}

}  // namespace lmpack
