#include "lmpack/block_predictions.hpp"

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

BlockPredictions::BlockPredictions(const Engine& engine, ThreadTeam& team, BlockLayout layout)
    : layout_(layout), lease_(team), lanes_(engine, static_cast<std::int64_t>(layout.lanes())) {}

std::vector<std::int32_t> BlockPredictions::start_symbols() const {
  return std::vector<std::int32_t>(layout_.lanes(), lanes_.engine().shape().start_symbol());
}

void BlockPredictions::predict(std::span<const std::uint8_t> plain, std::size_t first,
                               std::size_t count, const Sink& sink) {
  const std::int32_t start = lanes_.engine().shape().start_symbol();
  feed(symbols_before(plain, layout_, first, count, start), first, count, sink);
}

void BlockPredictions::predict_step(std::span<const std::int32_t> before, std::size_t step,
                                    const Sink& sink) {
  feed(before, step, 1, sink);
}

void BlockPredictions::feed(std::span<const std::int32_t> symbols, std::size_t first,
                            std::size_t count, const Sink& sink) {
  lanes_.feed(symbols, count, lease_,
              [&](std::size_t slot, std::size_t lane, std::size_t step, auto odds) {
                const std::size_t index = layout_.index(lane, first + step);
                if (index < layout_.length()) {
                  sink(slot, Cell{lane, index, lane * count + step}, odds);
                }
              });
}

}  // namespace lmpack
