// Context mixing: what the bytes of a block have been like so far, mixed with the model.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/coder/block_layout.hpp"
#include "lmpack/mixing/apm.hpp"
#include "lmpack/mixing/bit_history.hpp"
#include "lmpack/mixing/history_table.hpp"
#include "lmpack/mixing/lane_contexts.hpp"
#include "lmpack/mixing/logistic.hpp"
#include "lmpack/mixing/match_model.hpp"
#include "lmpack/mixing/mixer.hpp"
#include "lmpack/mixing/state_map.hpp"

namespace lmpack {

constexpr std::size_t kMostModels = 2;

// Predicts the bits of a block, byte by byte in the order in which they are coded: those of each
// lane in their order, lanes in any. All lanes share
// all statistics: what one has seen helps the others at once. Each byte is start_byte(), eight
// times predict() and update(), finish_byte().
class ContextMixer {
 public:
  // plain: the bytes of the block, layout.length() of them; those that are not coded yet may have
  // any value. It must outlive the mixer. models: how many predict, 1 or 2; 1 also if there is
  // none. Throws InvalidArgument for another number.
  ContextMixer(std::span<const std::uint8_t> plain, BlockLayout layout, DataKind kind,
               std::size_t models = 1);

  std::size_t models() const { return model_apms_.size(); }

  // Starts the next byte of a lane.
  void start_byte(std::size_t lane);

  // The probability that the next bit is 1. said: the same as each of the models has it, as many
  // as there are; kHalf if there is none.
  Probability predict(std::span<const Probability> said);

  // The same with one model.
  Probability predict(Probability model) { return predict(std::span(&model, 1)); }

  // The bit that came.
  void update(std::uint32_t bit);

  // What selects the statistics of the next byte of a lane.
  const LaneContexts& contexts(std::size_t lane) const { return lanes_[lane].contexts; }

  // The byte of the lane is complete and stands in `plain`.
  void finish_byte();

 private:
  static constexpr std::size_t kHistories = 1 + kContexts;  // order 1, then the hashed contexts
  static constexpr std::size_t kInputs = 18;  // the last two stay 0 with a single model
  static constexpr std::size_t kMixers = 4;
  using InputMixer = Mixer<kInputs>;
  using FinalMixer = Mixer<kMixers>;

  struct Lane {
    LaneContexts contexts;
    Match match;
    std::size_t step = 0;
  };

  void find_slots();
  void predict_model(std::size_t first_input, Apm& apm, Probability said);
  void predict_histories();
  void predict_match();
  Probability mix();

  std::span<const std::uint8_t> plain_;
  BlockLayout layout_;
  std::vector<Lane> lanes_;

  // The byte that is being coded.
  Lane* lane_ = nullptr;
  std::uint32_t prefix_ = 1;  // a leading 1, then its bits so far
  std::size_t node_ = 1;      // the same of the bits within a slot
  int bit_ = 0;

  HistoryTable histories_by_hash_;
  std::vector<BitHistory> order1_;                   // [last byte][prefix]
  std::array<HistorySlot*, kContexts> slots_{};      // of the contexts
  std::array<BitHistory*, kHistories> histories_{};  // what the next bit updates
  std::vector<StateMap> state_maps_;                 // of the histories

  StateMap order0_;
  MatchModel matches_;
  StateMap match_by_length_;
  StateMap match_by_byte_;
  std::size_t length_class_ = 0;  // of the match; 0: none, or its byte disagrees with the prefix

  std::vector<Apm> model_apms_;  // of each model

  InputMixer::Logits inputs_{};
  FinalMixer::Logits mixed_{};
  std::vector<InputMixer> mixers_;
  FinalMixer final_mixer_;
  Apm match_apm_;
  Apm order2_apm_;
};

}  // namespace lmpack
