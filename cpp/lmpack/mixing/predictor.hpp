// The adaptive predictor of a block: what its bytes have been like so far, mixed with the model.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/block_layout.hpp"
#include "lmpack/mixing/adaptive_map.hpp"
#include "lmpack/mixing/bit_history.hpp"
#include "lmpack/mixing/lane_contexts.hpp"
#include "lmpack/mixing/logistic.hpp"
#include "lmpack/mixing/match_model.hpp"
#include "lmpack/mixing/mixer.hpp"
#include "lmpack/mixing/refinement.hpp"
#include "lmpack/mixing/slot_table.hpp"

namespace lmpack {

// Predicts the bits of a block, byte by byte in the order in which they are coded. All lanes share
// all statistics: what one has seen helps the others at once. Each byte is start_byte(), eight
// times predict() and update(), finish_byte().
class Predictor {
 public:
  // plain: the bytes of the block, layout.length() of them; those that are not coded yet may have
  // any value. It must outlive the predictor.
  Predictor(std::span<const std::uint8_t> plain, BlockLayout layout, DataKind kind);

  // Starts the next byte of a lane.
  void start_byte(std::size_t lane);

  // The probability that the next bit is 1. `model`: what the Transformer says, kHalf if there is
  // none.
  Probability predict(Probability model);

  // The bit that came.
  void update(std::uint32_t bit);

  // The byte of the lane is complete and stands in `plain`.
  void finish_byte();

 private:
  static constexpr std::size_t kHistories = 1 + kContexts;  // order 1, then the hashed contexts
  static constexpr std::size_t kInputs = 16;
  static constexpr std::size_t kMixers = 4;
  using InputMixer = Mixer<kInputs>;
  using LastMixer = Mixer<kMixers>;

  struct Lane {
    LaneContexts contexts;
    Match match;
    std::size_t step = 0;
  };

  void find_slots();
  void predict_histories();
  void predict_match();
  Probability mix();

  std::span<const std::uint8_t> plain_;
  std::size_t steps_;
  std::vector<Lane> lanes_;

  // The byte that is being coded.
  Lane* lane_ = nullptr;
  std::uint32_t prefix_ = 1;  // a leading 1, then its bits so far
  std::size_t node_ = 1;      // the same of the bits within a slot
  int bit_ = 0;

  SlotTable slots_;
  std::vector<BitHistory> order1_;  // [last byte][prefix]
  std::array<Slot*, kContexts> current_{};
  std::array<BitHistory*, kHistories> histories_{};
  std::vector<AdaptiveMap> history_maps_;

  AdaptiveMap order0_;
  MatchModel matches_;
  AdaptiveMap match_by_length_;
  AdaptiveMap match_by_byte_;
  std::size_t match_strength_ = 0;  // 0: no byte is expected, or another one than the prefix says

  Refinement refined_model_;
  Logit model_logit_ = 0;

  InputMixer::Logits inputs_{};
  LastMixer::Logits mixed_{};
  std::vector<InputMixer> mixers_;
  LastMixer last_mixer_;
  Refinement by_match_;
  Refinement by_order2_;
};

}  // namespace lmpack
