#include "lmpack/mixed_block_codec.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "lmpack/ahead/chunk_store.hpp"
#include "lmpack/ahead/predictions_ahead.hpp"
#include "lmpack/mixing/byte_path.hpp"
#include "lmpack/mixing/mixed_decoder.hpp"
#include "lmpack/mixing/mixed_encoder.hpp"
#include "lmpack/steps/step_predictions.hpp"

namespace lmpack {
namespace {

void check_models(const Models& models) {
  for (const Engine* engine : models) check_models_bytes(engine->shape().vocabulary);
}

// Codes chunks by the paths of their bytes: threads reduce the odds to them, so that the one thread
// that mixes has less to do.
class MixedChunks final : public ChunkCoder {
 public:
  MixedChunks(std::span<const std::uint8_t> plain, MixedEncoder& coder, const AheadPlan& plan,
              const StepsDone& steps_done)
      : plain_(plain),
        coder_(coder),
        models_(plan.models),
        paths_(plan.window, plan.lanes * plan.chunk * plan.models),
        steps_done_(steps_done) {}

  void open(std::size_t chunk) override { paths_.open(chunk); }

  void predicted(std::size_t, std::size_t model, std::size_t chunk, const Cell& cell,
                 std::span<const std::int32_t> odds) override {
    paths_.at(chunk)[cell.entry * models_ + model] =
        path_of(odds.first<kByteValues>(), plain_[cell.index]);
  }

  void code(std::size_t chunk, std::size_t steps) override {
    coder_.encode(paths_.at(chunk).first(coder_.layout().lanes() * steps * models_), steps);
    done_ += steps;
    steps_done_(done_);
  }

  void close(std::size_t chunk) override { paths_.close(chunk); }

 private:
  const std::span<const std::uint8_t> plain_;
  MixedEncoder& coder_;
  const std::size_t models_;
  ChunkStore<BytePath> paths_;
  const StepsDone& steps_done_;
  std::size_t done_ = 0;
};

void predict_and_encode(const Models& models, ThreadTeam& team, std::span<const std::uint8_t> plain,
                        MixedEncoder& coder, const LanesBefore& before,
                        const StepsDone& steps_done) {
  const BlockLayout layout = coder.layout();
  const ThreadTeam::Lease lease(team);
  const AheadPlan plan = plan_ahead(models, layout, lease.slots());
  MixedChunks chunks(plain, coder, plan, steps_done);
  PredictionsAhead(models, lease, plan, plain, layout, chunks, before).run();
}

// A mixer for a block of so many bytes. While the prefix is learned, no steps are done.
MixerHandle mixer_behind(Prefix& prefix, const Models& models, ThreadTeam& team, Mixing mixing,
                         std::size_t length, const StepsDone& steps_done) {
  PrimedMixers::Kind kind{mixing.predictor, mixing.stride, {}};
  for (const Engine* engine : models) kind.models.push_back(engine->number());
  return prefix.mixers().take(kind, length, [&](std::size_t tables_for) {
    const auto bytes = prefix.learned();
    const BlockLayout layout = BlockLayout::of_one_lane(bytes.size());
    MixedEncoder coder(bytes, layout, mixing, models.size(), tables_for);
    const StepsDone none_done = [&](std::size_t) { steps_done(0); };
    predict_and_encode(models, team, bytes, coder, {}, none_done);
    return coder.take_mixer();
  });
}

LanesBefore lanes_before(Prefix* prefix, const Models& models) {
  return prefix == nullptr ? LanesBefore{} : prefix->lanes(models);
}

}  // namespace

std::vector<std::uint8_t> encode_mixed_block(const Models& models, ThreadTeam& team,
                                             std::span<const std::uint8_t> plain,
                                             BlockLayout layout, Mixing mixing,
                                             const StepsDone& steps_done, Prefix* prefix,
                                             const GivenBytes& given) {
  check_models(models);
  MixedEncoder coder =
      prefix == nullptr
          ? MixedEncoder(plain, layout, mixing, models.size())
          : MixedEncoder(plain, layout,
                         mixer_behind(*prefix, models, team, mixing, layout.length(), steps_done),
                         given);
  predict_and_encode(models, team, plain, coder, lanes_before(prefix, models), steps_done);
  return coder.finish();
}

std::vector<std::uint8_t> decode_mixed_block(const Models& models, ThreadTeam& team,
                                             std::vector<std::uint8_t> payload, BlockLayout layout,
                                             Mixing mixing, const StepsDone& steps_done,
                                             Prefix* prefix, const GivenBytes& given) {
  check_models(models);
  MixedDecoder coder =
      prefix == nullptr
          ? MixedDecoder(std::move(payload), layout, mixing, models.size())
          : MixedDecoder(std::move(payload), layout,
                         mixer_behind(*prefix, models, team, mixing, layout.length(), steps_done),
                         given);
  const LanesBefore before = lanes_before(prefix, models);
  const ThreadTeam::Lease lease(team);
  StepPredictions predictions(models, lease, layout, plan_steps(models, layout, lease.slots()),
                              before);
  std::vector<std::vector<std::int32_t>> odds_of_models(
      models.size(), std::vector<std::int32_t>(layout.lanes() * kByteValues));
  std::vector<OddsRows> rows;
  for (const auto& odds : odds_of_models) rows.push_back({odds, kByteValues});
  std::vector<std::int32_t> bytes(layout.lanes());
  const LaneTurns turns{[&](std::size_t lane) { predictions.await(lane); },
                        [&](std::size_t lane, std::uint8_t byte) { predictions.set(lane, byte); }};
  const auto decode = [&] {
    decode_in_steps(layout.steps(), steps_done,
                    [&](std::size_t) { coder.decode(rows, bytes, turns); });
  };
  predictions.run(decode, [&](std::size_t model, std::size_t lane, auto odds) {
    std::ranges::copy(odds.template first<kByteValues>(),
                      odds_of_models[model].data() + lane * kByteValues);
  });
  return coder.finish();
}

}  // namespace lmpack
