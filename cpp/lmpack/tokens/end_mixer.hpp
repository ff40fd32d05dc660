// Whether a token ends: what the bytes before such places have shown so far, mixed with the model.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmpack/aligned.hpp"
#include "lmpack/mixing/apm.hpp"
#include "lmpack/mixing/bit_history.hpp"
#include "lmpack/mixing/context_mixer.hpp"
#include "lmpack/mixing/logistic.hpp"
#include "lmpack/mixing/mixer_layer.hpp"
#include "lmpack/mixing/state_map.hpp"

namespace lmpack {

// Predicts the flags END of a block in the order in which they are coded; all lanes share all
// statistics. Each flag is predict() and update().
class EndMixer {
 public:
  // length: bytes of the block.
  explicit EndMixer(std::size_t length);

  // The probability that the token of a lane ends behind the bytes that are known of it, `length`
  // of them. bytes: what mixes them; model: what the weights say.
  Probability predict(const ContextMixer& bytes, std::size_t lane, std::size_t length,
                      Probability model);

  // Whether it ended.
  void update(std::uint32_t bit);

 private:
  static constexpr std::size_t kHistories = 7;

  int shift_;
  std::array<std::vector<BitHistory>, kHistories> tables_;  // by hash
  std::array<BitHistory*, kHistories> histories_{};         // what the next flag updates
  std::vector<StateMap> state_maps_;                        // of the histories
  Apm model_apm_;
  AlignedVector<Logit> inputs_;
  MixerLayer mixers_;
  MixerLayer final_mixer_;
  Apm last_apm_;
};

}  // namespace lmpack
