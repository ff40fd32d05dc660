// What the decisions of tokens are coded with: the model alone, or mixed with what the block
// teaches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "lmpack/coder/block_layout.hpp"
#include "lmpack/mixing/context_mixer.hpp"
#include "lmpack/mixing/mixing.hpp"
#include "lmpack/tokens/end_mixer.hpp"

namespace lmpack {

// Predicts the decisions of a block in the order in which they are coded; encoder and decoder make
// the same calls. `model` is always what the weights say of a 1. Each token is start_token(), and
// each of its flags predict_end() and update_end(), each of its bytes start_byte(), eight times
// predict_bit() and update_bit(), finish_byte().
class TokenMixer {
 public:
  // plain: as for the ContextMixer. mixing: nothing for the model alone.
  TokenMixer(std::span<const std::uint8_t> plain, BlockLayout layout, std::optional<Mixing> mixing);

  void start_token(std::size_t lane) {
    lane_ = lane;
    length_ = 0;
  }

  Probability predict_end(Probability model) {
    return mixers_ ? mixers_->ends.predict(mixers_->bytes, lane_, length_, model) : model;
  }

  void update_end(std::uint32_t bit) {
    if (mixers_) mixers_->ends.update(bit);
  }

  void start_byte() {
    if (mixers_) mixers_->bytes.start_byte(lane_);
  }

  Probability predict_bit(Probability model) {
    return mixers_ ? mixers_->bytes.predict({&model, 1}) : model;
  }

  void update_bit(std::uint32_t bit) {
    if (mixers_) mixers_->bytes.update(bit);
  }

  // The byte of the lane is complete and stands in `plain`.
  void finish_byte() {
    ++length_;
    if (mixers_) mixers_->bytes.finish_byte();
  }

 private:
  struct Mixers {
    Mixers(std::span<const std::uint8_t> plain, BlockLayout layout, Mixing mixing)
        : bytes(plain, layout, mixing, 1), ends(layout.length()) {}

    ContextMixer bytes;
    EndMixer ends;
  };

  std::optional<Mixers> mixers_;
  std::size_t lane_ = 0;
  std::size_t length_ = 0;  // bytes of the token that are complete
};

inline TokenMixer::TokenMixer(std::span<const std::uint8_t> plain, BlockLayout layout,
                              std::optional<Mixing> mixing) {
  if (mixing) mixers_.emplace(plain, layout, *mixing);
}

}  // namespace lmpack
