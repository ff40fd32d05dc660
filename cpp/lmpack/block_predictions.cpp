#include "lmpack/block_predictions.hpp"

#include <algorithm>

namespace lmpack {
namespace {

// The symbols [lanes][count] that are fed to predict the steps from `first` on: each is the one
// before. Lanes that have ended are fed zeros.
std::vector<std::int32_t> symbols_before(std::span<const std::uint8_t> plain,
                                         const BlockLayout& layout, std::size_t first,
                                         std::size_t count, std::int32_t start_symbol) {
  std::vector<std::int32_t> symbols;
  symbols.reserve(layout.lanes() * count);
  for (std::size_t lane = 0; lane < layout.lanes(); ++lane) {
    for (std::size_t step = first; step < first + count; ++step) {
      const std::size_t index = layout.index(lane, step);
      const bool ended = index > layout.length();
      symbols.push_back(step == 0 ? start_symbol : ended ? 0 : plain[index - 1]);
    }
  }
  return symbols;
}

}  // namespace

BlockPredictions::BlockPredictions(const Models& models, ThreadTeam& team, BlockLayout layout)
    : layout_(layout), lease_(team) {
  models_.reserve(models.size());
  for (const Engine* engine : models) {
    models_.emplace_back(*engine, static_cast<std::int64_t>(layout.lanes()));
  }
}

void BlockPredictions::predict(std::span<const std::uint8_t> plain, std::size_t first,
                               std::size_t count, const Sink& sink,
                               const std::function<void()>& beside) {
  std::vector<std::vector<std::int32_t>> symbols;
  for (const LockstepLanes& lanes : models_) {
    const std::int32_t start = lanes.engine().shape().start_symbol();
    symbols.push_back(symbols_before(plain, layout_, first, count, start));
  }
  feed(symbols, first, count, sink, beside);
}

void BlockPredictions::predict_step(std::span<const std::int32_t> before, std::size_t step,
                                    const Sink& sink) {
  std::vector<std::vector<std::int32_t>> symbols;
  for (const LockstepLanes& lanes : models_) {
    symbols.emplace_back(before.begin(), before.end());
    if (step == 0) std::ranges::fill(symbols.back(), lanes.engine().shape().start_symbol());
  }
  feed(symbols, step, 1, sink, {});
}

void BlockPredictions::feed(const std::vector<std::vector<std::int32_t>>& symbols,
                            std::size_t first, std::size_t count, const Sink& sink,
                            const std::function<void()>& beside) {
  std::vector<LockstepLanes::Sink> sinks;
  for (std::size_t model = 0; model < models_.size(); ++model) {
    sinks.emplace_back([&, model](std::size_t slot, std::size_t lane, std::size_t step, auto odds) {
      const std::size_t index = layout_.index(lane, first + step);
      if (index < layout_.length()) {
        sink(slot, model, Cell{lane, index, lane * count + step}, odds);
      }
    });
  }
  std::vector<LockstepLanes::Feed> feeds;
  for (std::size_t model = 0; model < models_.size(); ++model) {
    feeds.push_back({&models_[model], symbols[model], sinks[model]});
  }
  LockstepLanes::feed(feeds, count, lease_, beside);
}

}  // namespace lmpack
