#include "lmpack/block_codec.hpp"

#include <cstddef>
#include <string>
#include <utility>

#include "lmpack/block_predictions.hpp"
#include "lmpack/coder/block_decoder.hpp"
#include "lmpack/coder/block_encoder.hpp"
#include "lmpack/coder/bytes.hpp"
#include "lmpack/coder/frequencies.hpp"
#include "lmpack/error.hpp"

namespace lmpack {
namespace {

std::uint8_t byte_of(std::int32_t symbol) {
  if (symbol >= static_cast<std::int32_t>(kByteValues)) {
    throw DamagedStream("the block decodes to symbols that are no bytes");
  }
  return static_cast<std::uint8_t>(symbol);
}

}  // namespace

std::vector<std::uint8_t> encode_block(const Engine& engine, ThreadTeam& team,
                                       std::span<const std::uint8_t> plain, BlockLayout layout,
                                       const StepsDone& steps_done) {
  const std::size_t vocabulary = engine.shape().vocabulary;
  if (plain.size() != layout.length()) {
    throw InvalidArgument("the block must have " + std::to_string(layout.length()) +
                          " bytes, not " + std::to_string(plain.size()));
  }
  check_models_bytes(vocabulary);
  BlockPredictions predictions({&engine}, team, layout);
  BlockEncoder coder(layout, static_cast<std::int64_t>(vocabulary));
  std::vector<std::vector<std::uint32_t>> tables(predictions.slots(),
                                                 std::vector<std::uint32_t>(vocabulary));
  std::vector<TableInterval> intervals;
  encode_in_pieces(layout.steps(), steps_done, [&](std::size_t first, std::size_t count) {
    intervals.assign(layout.lanes() * count, {0, 1});
    predictions.predict(plain, first, count,
                        [&](std::size_t slot, std::size_t, const Cell& cell, auto odds) {
                          frequencies_from_odds(odds, tables[slot]);
                          intervals[cell.entry] = interval_of(tables[slot], plain[cell.index]);
                        });
    coder.encode(intervals, count);
  });
  return coder.finish();
}

std::vector<std::uint8_t> decode_block(const Engine& engine, ThreadTeam& team,
                                       std::vector<std::uint8_t> payload, BlockLayout layout,
                                       const StepsDone& steps_done) {
  const std::size_t vocabulary = engine.shape().vocabulary;
  BlockPredictions predictions({&engine}, team, layout);
  BlockDecoder coder(std::move(payload), layout, static_cast<std::int64_t>(vocabulary));
  std::vector<std::uint32_t> tables(layout.lanes() * vocabulary);
  std::vector<std::int32_t> symbols(layout.lanes());
  std::vector<std::uint8_t> plain(layout.length());
  decode_in_steps(layout.steps(), steps_done, [&](std::size_t step) {
    predictions.predict_step(
        symbols, step, [&](std::size_t, std::size_t, const Cell& cell, auto odds) {
          frequencies_from_odds(odds,
                                std::span(tables).subspan(cell.lane * vocabulary, vocabulary));
        });
    coder.decode(tables, symbols);
    for (std::size_t lane = 0; lane < layout.active_lanes(step); ++lane) {
      plain[layout.index(lane, step)] = byte_of(symbols[lane]);
    }
  });
  coder.finish();
  return plain;
}

}  // namespace lmpack
