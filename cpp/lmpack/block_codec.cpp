#include "lmpack/block_codec.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "lmpack/block_decoder.hpp"
#include "lmpack/block_encoder.hpp"
#include "lmpack/engine/lane_batch.hpp"
#include "lmpack/error.hpp"
#include "lmpack/fed_symbols.hpp"
#include "lmpack/frequencies.hpp"

namespace lmpack {
namespace {

constexpr std::size_t kByteValues = 256;

}  // namespace

void check_models_bytes(const Engine& engine) {
  const std::size_t vocabulary = engine.shape().vocabulary;
  if (vocabulary < kByteValues) {
    throw InvalidArgument("the model has " + std::to_string(vocabulary) +
                          " symbols: bytes need at least 256");
  }
}

std::vector<std::uint8_t> encode_block(const Engine& engine, ThreadTeam& team,
                                       std::span<const std::uint8_t> plain, BlockLayout layout,
                                       const Advance& advance) {
  const std::size_t vocabulary = engine.shape().vocabulary;
  if (static_cast<std::int64_t>(plain.size()) != layout.length()) {
    throw InvalidArgument("the block must have " + std::to_string(layout.length()) +
                          " bytes, not " + std::to_string(plain.size()));
  }
  check_models_bytes(engine);
  const ThreadTeam::Seat seat(team);
  LaneBatch lanes(engine, static_cast<std::size_t>(layout.lanes()));
  BlockEncoder coder(layout, static_cast<std::int64_t>(vocabulary));
  std::vector<std::vector<std::uint32_t>> tables(seat.slots(),
                                                 std::vector<std::uint32_t>(vocabulary));
  std::vector<TableInterval> intervals;
  for (std::int64_t first = 0; first < layout.steps(); first += kEncoderSteps) {
    const std::int64_t steps = std::min(kEncoderSteps, layout.steps() - first);
    const auto count = static_cast<std::size_t>(steps);
    intervals.assign(lanes.lanes() * count, {0, 1});
    lanes.feed(fed_symbols(plain, layout, first, steps, engine.shape().start_symbol()), count, seat,
               [&](std::size_t slot, std::size_t lane, std::size_t step, auto weights) {
                 const std::size_t index = lane * static_cast<std::size_t>(layout.steps()) +
                                           static_cast<std::size_t>(first) + step;
                 if (index >= plain.size()) return;
                 frequencies_from_weights(weights, tables[slot]);
                 intervals[lane * count + step] = interval_of(tables[slot], plain[index]);
               });
    coder.encode(intervals, steps);
    advance(first + steps);
  }
  return coder.finish();
}

std::vector<std::uint8_t> decode_block(const Engine& engine, ThreadTeam& team,
                                       std::vector<std::uint8_t> payload, BlockLayout layout,
                                       const Advance& advance) {
  const std::size_t vocabulary = engine.shape().vocabulary;
  const ThreadTeam::Seat seat(team);
  LaneBatch lanes(engine, static_cast<std::size_t>(layout.lanes()));
  BlockDecoder coder(std::move(payload), layout, static_cast<std::int64_t>(vocabulary));
  std::vector<std::uint32_t> tables(lanes.lanes() * vocabulary);
  std::vector<std::int32_t> symbols(lanes.lanes(), engine.shape().start_symbol());
  std::vector<std::uint8_t> plain(static_cast<std::size_t>(layout.length()));
  for (std::int64_t step = 0; step < layout.steps(); ++step) {
    lanes.feed(symbols, 1, seat, [&](std::size_t, std::size_t lane, std::size_t, auto weights) {
      frequencies_from_weights(weights, std::span(tables).subspan(lane * vocabulary, vocabulary));
    });
    coder.decode(tables, symbols);
    for (std::int64_t lane = 0; lane < layout.active_lanes(step); ++lane) {
      const std::int32_t symbol = symbols[static_cast<std::size_t>(lane)];
      if (symbol >= static_cast<std::int32_t>(kByteValues)) {
        throw DamagedStream("the block decodes to symbols that are no bytes");
      }
      plain[static_cast<std::size_t>(lane * layout.steps() + step)] =
          static_cast<std::uint8_t>(symbol);
    }
    if (step % kDecoderReport == 0) advance(step);
  }
  coder.finish();
  return plain;
}

}  // namespace lmpack
