#include "lmpack/mixed_block_codec.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "lmpack/block_predictions.hpp"
#include "lmpack/mixing/byte_path.hpp"
#include "lmpack/mixing/mixed_decoder.hpp"
#include "lmpack/mixing/mixed_encoder.hpp"

namespace lmpack {

// The threads of the team reduce the odds to the path of the byte, so that the one thread that
// mixes has less to do.
std::vector<std::uint8_t> encode_mixed_block(const Engine& engine, ThreadTeam& team,
                                             std::span<const std::uint8_t> plain,
                                             BlockLayout layout, DataKind kind,
                                             const StepsDone& steps_done) {
  check_models_bytes(engine.shape().vocabulary);
  MixedEncoder coder(plain, layout, kind);
  BlockPredictions predictions(engine, team, layout);
  std::vector<BytePath> paths;
  encode_in_pieces(layout.steps(), steps_done, [&](std::size_t first, std::size_t count) {
    paths.resize(layout.lanes() * count);
    predictions.predict(plain, first, count, [&](std::size_t, const Cell& cell, auto odds) {
      paths[cell.entry] = path_of(odds.template first<kByteValues>(), plain[cell.index]);
    });
    coder.encode(paths, count);
  });
  return coder.finish();
}

std::vector<std::uint8_t> decode_mixed_block(const Engine& engine, ThreadTeam& team,
                                             std::vector<std::uint8_t> payload, BlockLayout layout,
                                             DataKind kind, const StepsDone& steps_done) {
  check_models_bytes(engine.shape().vocabulary);
  MixedDecoder coder(std::move(payload), layout, kind);
  BlockPredictions predictions(engine, team, layout);
  std::vector<std::int32_t> all_odds(layout.lanes() * kByteValues);
  std::vector<std::int32_t> bytes = predictions.start_symbols();
  decode_in_steps(layout.steps(), steps_done, [&](std::size_t step) {
    predictions.predict_step(bytes, step, [&](std::size_t, const Cell& cell, auto odds) {
      std::ranges::copy(odds.first(kByteValues), all_odds.data() + cell.lane * kByteValues);
    });
    coder.decode(all_odds, kByteValues, bytes);
  });
  return coder.finish();
}

}  // namespace lmpack
