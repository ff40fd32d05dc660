#include "lmpack/block_codec.hpp"

#include <cstddef>
#include <string>
#include <utility>

#include "lmpack/ahead/chunk_store.hpp"
#include "lmpack/ahead/predictions_ahead.hpp"
#include "lmpack/coder/block_decoder.hpp"
#include "lmpack/coder/block_encoder.hpp"
#include "lmpack/coder/bytes.hpp"
#include "lmpack/coder/frequencies.hpp"
#include "lmpack/error.hpp"
#include "lmpack/steps/step_predictions.hpp"

namespace lmpack {
namespace {

std::uint8_t byte_of(std::int32_t symbol) {
  if (symbol >= static_cast<std::int32_t>(kByteValues)) {
    throw DamagedStream("the block decodes to symbols that are no bytes");
  }
  return static_cast<std::uint8_t>(symbol);
}

// Codes chunks by the places of their bytes in the tables of frequencies, which threads make.
class TableChunks final : public ChunkCoder {
 public:
  TableChunks(std::span<const std::uint8_t> plain, BlockEncoder& coder, const AheadPlan& plan,
              std::size_t slots, const StepsDone& steps_done)
      : plain_(plain),
        coder_(coder),
        tables_(slots, std::vector<std::uint32_t>(coder.vocabulary())),
        intervals_(plan.window, plan.lanes * plan.chunk),
        steps_done_(steps_done) {}

  void open(std::size_t chunk) override { intervals_.open(chunk); }

  void predicted(std::size_t slot, std::size_t, std::size_t chunk, const Cell& cell,
                 std::span<const std::int32_t> odds) override {
    frequencies_from_odds(odds, tables_[slot]);
    intervals_.at(chunk)[cell.entry] = interval_of(tables_[slot], plain_[cell.index]);
  }

  void code(std::size_t chunk, std::size_t steps) override {
    coder_.encode(intervals_.at(chunk).first(coder_.layout().lanes() * steps), steps);
    done_ += steps;
    steps_done_(done_);
  }

  void close(std::size_t chunk) override { intervals_.close(chunk); }

 private:
  const std::span<const std::uint8_t> plain_;
  BlockEncoder& coder_;
  std::vector<std::vector<std::uint32_t>> tables_;  // by slot
  ChunkStore<TableInterval> intervals_;
  const StepsDone& steps_done_;
  std::size_t done_ = 0;
};

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
  BlockEncoder coder(layout, static_cast<std::int64_t>(vocabulary));
  const Models models{&engine};
  const ThreadTeam::Lease lease(team);
  const AheadPlan plan = plan_ahead(models, layout, lease.slots());
  TableChunks chunks(plain, coder, plan, lease.slots(), steps_done);
  PredictionsAhead(models, lease, plan, plain, layout, chunks).run();
  return coder.finish();
}

std::vector<std::uint8_t> decode_block(const Engine& engine, ThreadTeam& team,
                                       std::vector<std::uint8_t> payload, BlockLayout layout,
                                       const StepsDone& steps_done) {
  const std::size_t vocabulary = engine.shape().vocabulary;
  const Models models{&engine};
  const ThreadTeam::Lease lease(team);
  StepPredictions predictions(models, lease, layout, plan_steps(models, layout, lease.slots()));
  BlockDecoder coder(std::move(payload), layout, static_cast<std::int64_t>(vocabulary));
  std::vector<std::uint32_t> tables(layout.lanes() * vocabulary);
  std::vector<std::int32_t> symbols(layout.lanes());
  std::vector<std::uint8_t> plain(layout.length());
  const auto decode = [&] {
    decode_in_steps(layout.steps(), steps_done, [&](std::size_t step) {
      const std::size_t lanes = layout.active_lanes(step);
      for (std::size_t lane = 0; lane < lanes; ++lane) predictions.await(lane);
      coder.decode(tables, symbols);
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        plain[layout.index(lane, step)] = byte_of(symbols[lane]);
        predictions.set(lane, symbols[lane]);
      }
    });
  };
  predictions.run(decode, [&](std::size_t, std::size_t lane, auto odds) {
    frequencies_from_odds(odds, std::span(tables).subspan(lane * vocabulary, vocabulary));
  });
  coder.finish();
  return plain;
}

}  // namespace lmpack
