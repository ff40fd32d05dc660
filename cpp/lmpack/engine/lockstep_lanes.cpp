#include "lmpack/engine/lockstep_lanes.hpp"

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

std::size_t checked_lanes(std::int64_t lanes) {
  if (lanes < 1) {
    throw InvalidArgument("there must be at least 1 lane, not " + std::to_string(lanes));
  }
  return static_cast<std::size_t>(lanes);
}

}  // namespace

LockstepLanes::LockstepLanes(const Engine& engine, std::int64_t lanes)
    : engine_(engine), lanes_(checked_lanes(lanes), Lane(engine.shape())) {}

void LockstepLanes::feed(std::span<const std::int32_t> symbols, std::size_t steps,
                         const ThreadTeam::Lease& lease, const Sink& sink) {
  check(symbols, steps);
  passes_.resize(lease.slots());
  in_step_ = false;
  const std::size_t parts = parts_for(steps, lease.available());
  lease.run(parts, [&](std::size_t part, std::size_t slot) {
    feed_part(symbols, steps, part, parts, slot, sink);
  });
  in_step_ = true;
}

void LockstepLanes::feed(std::span<const std::int32_t> symbols, std::size_t steps,
                         const ThreadTeam::Lease& lease, std::span<std::int32_t> odds) {
  const std::size_t vocabulary = engine_.shape().vocabulary;
  if (odds.size() != symbols.size() * vocabulary) {
    throw InvalidArgument("the odds of " + std::to_string(symbols.size()) + " symbols need " +
                          std::to_string(symbols.size() * vocabulary) + " places, not " +
                          std::to_string(odds.size()));
  }
  feed(symbols, steps, lease, [&](std::size_t, std::size_t lane, std::size_t step, auto row) {
    std::ranges::copy(row, odds.data() + (lane * steps + step) * vocabulary);
  });
}

std::size_t LockstepLanes::parts_for(std::size_t steps, std::size_t threads) const {
  const std::size_t symbols = lanes() * steps;
  const std::size_t most = std::max<std::size_t>(1, symbols / kFewestSymbols);
  const std::size_t parts =
      std::max(std::min({threads, most, lanes()}), steps == 1 ? 1 : symbols / kPieceSymbols);
  return std::min(parts, lanes());
}

void LockstepLanes::feed_part(std::span<const std::int32_t> symbols, std::size_t steps,
                              std::size_t part, std::size_t parts, std::size_t slot,
                              const Sink& sink) {
  const std::size_t first = lanes() * part / parts;
  std::vector<LaneFeed> feeds;
  for (std::size_t lane = first; lane < lanes() * (part + 1) / parts; ++lane) {
    feeds.push_back({&lanes_[lane], symbols.subspan(lane * steps, steps)});
  }
  pass_of(slot).run(feeds, [&](std::size_t fed, std::size_t step, auto odds) {
    sink(slot, first + fed, step, odds);
  });
}

void LockstepLanes::check(std::span<const std::int32_t> symbols, std::size_t steps) const {
  if (!in_step_) {
    throw InvalidArgument("an earlier error stopped these lanes: start again with new ones");
  }
  if (symbols.size() != lanes() * steps) {
    throw InvalidArgument(std::to_string(steps) + " steps of " + std::to_string(lanes()) +
                          " lanes need as many symbols, not " + std::to_string(symbols.size()));
  }
  check_symbols(symbols, engine_.shape());
}

ForwardPass& LockstepLanes::pass_of(std::size_t slot) {
  if (!passes_[slot]) passes_[slot] = std::make_unique<ForwardPass>(engine_);
  return *passes_[slot];
}

}  // namespace lmpack
