// Logistic mixing: a weighted sum of logits, with weights that learn from every bit.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmpack/aligned.hpp"
#include "lmpack/mixing/logistic.hpp"

namespace lmpack {

// Sets of weights for a fixed number of inputs, of which a context selects one for each bit.
// Operands have 16 bits and sums stay within 32, so that compilers can use vectors.
template <std::size_t kInputs>
class Mixer {
 public:
  using Logits = std::array<Logit, kInputs>;
  using Weights = std::array<std::int32_t, kInputs>;

  static constexpr int kWeightBits = 16;  // a weight of 1 is 2**16

  // Weights with which all inputs count alike, and together as one.
  static Weights equal_weights() {
    Weights weights;
    weights.fill((1 << kWeightBits) / static_cast<std::int32_t>(kInputs));
    return weights;
  }

  // `first`: the weights that every set starts with. `rate`: how far an error moves the weights.
  // At the start it moves them further, by `head_start` more, which halves every 2**16 bits. Both
  // together are at most 15.
  Mixer(std::size_t sets, const Weights& first, std::int32_t rate, std::int32_t head_start)
      : rate_(rate), head_start_(head_start), weights_(sets, Set{first}) {}

  // The mixed logit with a set of weights, which update() then moves.
  Logit mix(const Logits& logits, std::size_t set) {
    current_ = weights_[set].values.data();
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < kInputs; ++i) {
      sum += logits[i] * static_cast<std::int16_t>(current_[i] >> kDroppedBits);
    }
    const std::int32_t mixed = sum >> (kWeightBits - kDroppedBits);
    logit_ = static_cast<Logit>(std::clamp(mixed, -kLargestLogit, kLargestLogit));
    return logit_;
  }

  // The logits that were mixed, and the bit that came.
  void update(const Logits& logits, std::uint32_t bit) {
    const auto p = static_cast<std::int32_t>(logistic().squash(logit_));
    const std::int32_t rate = rate_ + (head_start_ >> std::min<std::uint64_t>(seen_ >> 16, 31));
    ++seen_;
    const auto error = static_cast<std::int16_t>(
        ((static_cast<std::int32_t>(bit << kProbabilityBits) - p) * rate) >> kRateBits);
    for (std::size_t i = 0; i < kInputs; ++i) {
      const std::int32_t step = (logits[i] * error + kHalfStep) >> kStepBits;
      current_[i] = std::clamp(current_[i] + step, -kLargestWeight, kLargestWeight);
    }
  }

 private:
  struct alignas(kCacheLine) Set {
    Weights values;
  };

  static constexpr std::int32_t kLargestWeight = (8 << kWeightBits) - 1;
  static constexpr int kDroppedBits = 4;  // of a weight, to fit 16 bits
  static constexpr int kRateBits = 5;
  static constexpr int kStepBits = 13;
  static constexpr std::int32_t kHalfStep = 1 << (kStepBits - 1);
  static_assert(kLargestWeight >> kDroppedBits < 1 << 15);
  static_assert(std::int64_t{kInputs} * kLargestLogit << 15 < std::int64_t{1} << 31);

  std::int32_t rate_;
  std::int32_t head_start_;
  std::uint64_t seen_ = 0;  // bits
  AlignedVector<Set> weights_;
  std::int32_t* current_ = nullptr;
  Logit logit_ = 0;
};

}  // namespace lmpack
