#include "lmpack/engine/lane_batch.hpp"

#include <algorithm>
#include <string>

#include "lmpack/error.hpp"

namespace lmpack {
namespace {

// Symbols below which another thread costs more than it brings.
constexpr std::size_t kFewestSymbols = 2;

// Symbols of a piece of work of several steps: many pieces even out how long threads take.
constexpr std::size_t kPieceSymbols = 256;

void check_symbols(std::span<const std::int32_t> symbols, const ModelShape& shape) {
  const std::int32_t largest = shape.start_symbol();
  for (const std::int32_t symbol : symbols) {
    if (symbol < 0 || symbol > largest) {
      throw InvalidArgument("a symbol must be 0 to " + std::to_string(largest) + ", not " +
                            std::to_string(symbol));
    }
  }
}

}  // namespace

LaneBatch::LaneBatch(const Engine& engine, std::size_t lanes)
    : engine_(engine), lanes_(lanes, Lane(engine.shape())) {}

void LaneBatch::feed(std::span<const std::int32_t> symbols, std::size_t steps,
                     const ThreadTeam::Seat& seat, const Sink& sink) {
  if (symbols.size() != lanes() * steps) {
    throw InvalidArgument(std::to_string(steps) + " steps of " + std::to_string(lanes()) +
                          " lanes need as many symbols, not " + std::to_string(symbols.size()));
  }
  check_symbols(symbols, engine_.shape());
  const std::size_t most = std::max<std::size_t>(1, symbols.size() / kFewestSymbols);
  const std::size_t parts = std::max(std::min({seat.available(), most, lanes()}),
                                     steps == 1 ? 1 : symbols.size() / kPieceSymbols);
  const std::size_t count = std::min(parts, lanes());
  passes_.resize(seat.slots());
  seat.run(count, [&](std::size_t part, std::size_t slot) {
    const std::size_t first = lanes() * part / count;
    std::vector<LaneFeed> feeds;
    for (std::size_t lane = first; lane < lanes() * (part + 1) / count; ++lane) {
      feeds.push_back({&lanes_[lane], symbols.subspan(lane * steps, steps)});
    }
    pass_of(slot).run(feeds, [&](std::size_t feed, std::size_t step, auto weights) {
      sink(slot, first + feed, step, weights);
    });
  });
}

ForwardPass& LaneBatch::pass_of(std::size_t slot) {
  if (!passes_[slot]) passes_[slot] = std::make_unique<ForwardPass>(engine_);
  return *passes_[slot];
}

}  // namespace lmpack
