#include "lmpack/ahead/lane_runner.hpp"

#include <algorithm>

namespace lmpack {

LaneRunner::LaneRunner(const Engine& engine, std::span<const std::uint8_t> plain,
                       BlockLayout layout, std::size_t first, std::size_t end, std::size_t step)
    : plain_(plain),
      layout_(layout),
      start_symbol_(engine.shape().start_symbol()),
      first_(first),
      fed_(step - std::min(step, engine.shape().warm_up())),
      next_(step),
      symbols_(end - first) {
  const std::size_t history = engine.shape().history();
  for (std::size_t lane = first; lane < end; ++lane) {
    std::vector<std::int32_t> last(history, start_symbol_);
    for (std::size_t i = 1; i <= std::min(history, fed_); ++i) {
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

// What is fed to predict a step: the symbol before it. Lanes that have ended are fed zeros.
std::int32_t LaneRunner::symbol_before(std::size_t lane, std::size_t step) const {
  const std::size_t index = layout_.index(lane, step);
  if (step == 0) return start_symbol_;
  return index > layout_.length() ? 0 : plain_[index - 1];
}

}  // namespace lmpack
