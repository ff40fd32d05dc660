#include "lmpack/mixed_block_codec.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "lmpack/mixing/byte_path.hpp"
#include "lmpack/mixing/mixed_decoder.hpp"
#include "lmpack/mixing/mixed_encoder.hpp"

namespace lmpack {
namespace {

void check_models(const Models& models) {
  for (const Engine* engine : models) check_models_bytes(engine->shape().vocabulary);
}

}  // namespace

// The threads of the team reduce the odds to the path of the byte, so that the one thread that
// mixes has less to do. It mixes a piece while the models predict the next one.
std::vector<std::uint8_t> encode_mixed_block(const Models& models, ThreadTeam& team,
                                             std::span<const std::uint8_t> plain,
                                             BlockLayout layout, Mixing mixing,
                                             const StepsDone& steps_done) {
  check_models(models);
  MixedEncoder coder(plain, layout, mixing, models.size());
  BlockPredictions predictions(models, team, layout);
  std::vector<BytePath> paths;    // of the steps that are predicted
  std::vector<BytePath> mixable;  // of those before
  const auto mix = [&] {
    coder.encode(mixable, mixable.size() / (layout.lanes() * models.size()));
  };
  encode_in_pieces(layout.steps(), steps_done, [&](std::size_t first, std::size_t count) {
    paths.resize(layout.lanes() * count * models.size());
    predictions.predict(
        plain, first, count,
        [&](std::size_t, std::size_t model, const Cell& cell, std::span<const std::int32_t> odds) {
          paths[cell.entry * models.size() + model] =
              path_of(odds.first<kByteValues>(), plain[cell.index]);
        },
        mix);
    std::swap(paths, mixable);
  });
  mix();
  return coder.finish();
}

std::vector<std::uint8_t> decode_mixed_block(const Models& models, ThreadTeam& team,
                                             std::vector<std::uint8_t> payload, BlockLayout layout,
                                             Mixing mixing, const StepsDone& steps_done) {
  check_models(models);
  MixedDecoder coder(std::move(payload), layout, mixing, models.size());
  BlockPredictions predictions(models, team, layout);
  std::vector<std::vector<std::int32_t>> odds_of_models(
      models.size(), std::vector<std::int32_t>(layout.lanes() * kByteValues));
  std::vector<OddsRows> rows;
  for (const auto& odds : odds_of_models) rows.push_back({odds, kByteValues});
  std::vector<std::int32_t> bytes(layout.lanes());
  decode_in_steps(layout.steps(), steps_done, [&](std::size_t step) {
    predictions.predict_step(
        bytes, step,
        [&](std::size_t, std::size_t model, const Cell& cell, std::span<const std::int32_t> odds) {
          std::ranges::copy(odds.first<kByteValues>(),
                            odds_of_models[model].data() + cell.lane * kByteValues);
        });
    coder.decode(rows, bytes);
  });
  return coder.finish();
}

}  // namespace lmpack
