// Context mixing: what the bytes of a block have been like so far, mixed with the model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/coder/block_layout.hpp"
#include "lmpack/mixing/apm.hpp"
#include "lmpack/mixing/bit_history.hpp"
#include "lmpack/mixing/context_inputs.hpp"
#include "lmpack/mixing/contexts/followers.hpp"
#include "lmpack/mixing/contexts/lane_contexts.hpp"
#include "lmpack/mixing/decimal_input.hpp"
#include "lmpack/mixing/history_table.hpp"
#include "lmpack/mixing/logistic.hpp"
#include "lmpack/mixing/match_inputs.hpp"
#include "lmpack/mixing/mixed_bytes.hpp"
#include "lmpack/mixing/mixer_layer.hpp"
#include "lmpack/mixing/mixing.hpp"
#include "lmpack/mixing/predictor_parts.hpp"
#include "lmpack/mixing/state_map.hpp"
#include "lmpack/mixing/undo_log.hpp"
#include "lmpack/mixing/weight_sets.hpp"

namespace lmpack {

inline constexpr std::size_t kMostModels = 2;

// Predicts the bits of a block, byte by byte in the order in which they are coded: those of each
// lane in their order, lanes in any. All lanes share all statistics: what one has seen helps the
// others at once. Each byte is start_byte(), eight times predict() and update(), finish_byte().
class ContextMixer {
 public:
  // plain: the bytes of the block, layout.length() of them; those that are not coded yet may have
  // any value. It must outlive the mixer. models: how many models take part, 0 to 2. tables_for:
  // how many bytes the tables are made for, if more than the block has. Throws InvalidArgument for
  // more models.
  ContextMixer(std::span<const std::uint8_t> plain, BlockLayout layout, Mixing mixing,
               std::size_t models, std::size_t tables_for = 0);

  // The same with parts and kernels of one's own, to measure what they are worth.
  ContextMixer(std::span<const std::uint8_t> plain, BlockLayout layout, std::uint32_t stride,
               std::size_t models, PredictorParts parts, const MixingKernels& kernels,
               std::size_t tables_for = 0);

  // A mixer in the same state, between two bytes; only before follow().
  ContextMixer(const ContextMixer&) = default;
  ContextMixer& operator=(const ContextMixer&) = delete;

  // The block, which has one lane, is complete: it becomes what the lanes of other blocks go on
  // from. go_on() turns to such a block.
  void become_prefix();
  void go_on(std::span<const std::uint8_t> plain, BlockLayout layout);

  // For a copy of a mixer, which must outlive it and not change: undo() makes it, at any moment,
  // what the other one is, ready to go on.
  void follow(const ContextMixer& source);
  void undo();

  // Starts the next byte of a lane.
  void start_byte(std::size_t lane);

  // The probability that the next bit is 1. said: what each model says of it.
  Probability predict(std::span<const Probability> said);

  // The bit that came.
  void update(std::uint32_t bit);

  std::size_t models() const { return model_apms_.size(); }

  // What selects the statistics of the next byte of a lane.
  const LaneContexts& contexts(std::size_t lane) const { return lanes_[lane].contexts; }
  const Followers& followers() const { return followers_; }

  // The byte of the lane is complete and stands in `plain`.
  void finish_byte();

 private:
  struct Lane {
    LaneContexts contexts;
    std::vector<Match> matches;
    std::size_t step = 0;  // in the block
  };

  void find_slots();
  HistorySlot& late_slot(std::size_t context, std::uint32_t nibble);
  void start_bit();
  void hear_models(std::span<const Probability> said);
  void select_weights();
  void select_apms();
  void keep();
  Probability refined(Logit logit);

  std::span<const std::uint8_t> before_;  // what lanes go on from
  bool follows_ = false;                  // another mixer
  MixedBytes bytes_;
  PredictorParts parts_;
  std::vector<Lane> lanes_;
  std::vector<Lane> first_lane_;  // what each lane starts as behind `before_`; none without
  Followers followers_;

  // The byte that is being coded.
  Lane* lane_ = nullptr;
  std::uint32_t prefix_ = 1;  // a leading 1, then its bits so far
  std::size_t node_ = 0;      // of the bits within a slot
  int bit_ = 0;

  HistoryTable histories_by_hash_;
  std::vector<HistorySlot> order1_;  // [last byte][first four bits, or the last four by prefix]
  UndoLog<HistorySlot> order1_log_;
  std::vector<std::uint64_t> hashes_;  // of the contexts
  std::vector<HistorySlot*> slots_;    // of the contexts
  std::vector<HistorySlot> fresh_;     // of the contexts that have no slot yet
  std::vector<ByteRun*> runs_;         // order 1, then the contexts

  const Logistic& logistic_ = logistic();
  std::vector<Apm> model_apms_;
  StateMap order0_;
  MatchInputs matches_;
  DecimalInput decimals_;
  ContextInputs context_inputs_;  // order 1, then the contexts

  WeightSets sets_;
  MixerLayer mixers_;
  MixerLayer final_mixers_;
  std::vector<Apm> apms_;
};

}  // namespace lmpack
