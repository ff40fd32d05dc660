#include "lmpack/decoder/lanes.hpp"

#include <algorithm>
#include <string>

#include "lmpack/error.hpp"

namespace lmpack {
namespace {

// Symbols for each thread from which on threads take lanes of their own. With fewer, all of them
// share each matrix, as most of the time is spent to read it.
constexpr std::size_t kRowsApart = 64;

std::size_t checked_lanes(std::int64_t lanes) {
  if (lanes < 1) {
    throw InvalidArgument("there must be at least 1 lane, not " + std::to_string(lanes));
  }
  return static_cast<std::size_t>(lanes);
}

std::size_t count_rows(std::span<const DecoderLanes::Symbols> feeds) {
  std::size_t rows = 0;
  for (const auto& feed : feeds) rows += feed.symbols.size();
  return rows;
}

}  // namespace

DecoderLanes::DecoderLanes(const DecoderEngine& engine, std::int64_t lanes)
    : engine_(engine), lanes_(checked_lanes(lanes), DecoderLane(engine.shape())) {}

void DecoderLanes::feed(std::span<const Symbols> feeds, const ThreadTeam::Lease& lease,
                        const Sink& sink) {
  check(feeds);
  const std::size_t rows = count_rows(feeds);
  const std::size_t threads = lease.available();
  if (passes_.size() < lease.slots()) passes_.resize(lease.slots());
  whole_ = false;
  if (threads > 1 && feeds.size() >= threads && rows >= threads * kRowsApart) {
    feed_apart(feeds, rows, lease, sink);
  } else {
    std::vector<DecoderFeed> all;
    for (const Symbols& next : feeds) all.push_back({&lanes_[next.lane], next.symbols});
    pass_of(0).run(
        all,
        [&](std::size_t slot, std::size_t feed, std::size_t step, auto weights) {
          sink(slot, feeds[feed].lane, step, weights);
        },
        threads > 1 ? &lease : nullptr);
  }
  whole_ = true;
}

// Each piece of work is some lanes with about as many symbols as pass the layers together.
void DecoderLanes::feed_apart(std::span<const Symbols> feeds, std::size_t rows,
                              const ThreadTeam::Lease& lease, const Sink& sink) {
  const std::size_t parts = std::min(feeds.size(), rows / kRowsApart);
  lease.run(parts, [&](std::size_t part, std::size_t slot) {
    const std::size_t first = feeds.size() * part / parts;
    std::vector<DecoderFeed> own;
    for (std::size_t i = first; i < feeds.size() * (part + 1) / parts; ++i) {
      own.push_back({&lanes_[feeds[i].lane], feeds[i].symbols});
    }
    pass_of(slot).run(own, [&](std::size_t, std::size_t feed, std::size_t step, auto weights) {
      sink(slot, feeds[first + feed].lane, step, weights);
    });
  });
}

void DecoderLanes::feed(std::span<const std::int32_t> symbols, std::size_t steps,
                        const ThreadTeam::Lease& lease, std::span<std::int32_t> weights) {
  const std::size_t vocabulary = engine_.shape().vocabulary;
  if (symbols.size() != lanes() * steps || weights.size() != symbols.size() * vocabulary) {
    throw InvalidArgument(std::to_string(steps) + " steps of " + std::to_string(lanes()) +
                          " lanes need as many symbols and " + std::to_string(vocabulary) +
                          " weights for each, not " + std::to_string(symbols.size()) + " and " +
                          std::to_string(weights.size()));
  }
  std::vector<Symbols> feeds;
  for (std::size_t lane = 0; lane < lanes(); ++lane) {
    feeds.push_back({lane, symbols.subspan(lane * steps, steps)});
  }
  feed(feeds, lease, [&](std::size_t, std::size_t lane, std::size_t step, auto row) {
    std::ranges::copy(row, weights.data() + (lane * steps + step) * vocabulary);
  });
}

void DecoderLanes::restart() {
  for (DecoderLane& lane : lanes_) lane.position = 0;
  whole_ = true;
}

void DecoderLanes::check(std::span<const Symbols> feeds) const {
  if (!whole_) {
    throw InvalidArgument("an earlier error stopped these lanes: start again with new ones");
  }
  const std::int32_t largest = engine_.shape().start_symbol();
  const std::size_t context = engine_.shape().context;
  for (const Symbols& next : feeds) {
    if (next.symbols.size() > context - lanes_.at(next.lane).position) {
      throw InvalidArgument("a segment has at most " + std::to_string(context) +
                            " symbols: start again with new lanes");
    }
    for (const std::int32_t symbol : next.symbols) {
      if (symbol < 0 || symbol > largest) {
        throw InvalidArgument("a symbol must be 0 to " + std::to_string(largest) + ", not " +
                              std::to_string(symbol));
      }
    }
  }
}

DecoderPass& DecoderLanes::pass_of(std::size_t slot) {
  if (!passes_[slot]) passes_[slot] = std::make_unique<DecoderPass>(engine_);
  return *passes_[slot];
}

}  // namespace lmpack
