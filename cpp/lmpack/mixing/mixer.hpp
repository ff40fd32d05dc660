// Logistic mixing: a weighted sum of logits, with weights that learn from every bit.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmpack/engine/aligned.hpp"
#include "lmpack/mixing/logistic.hpp"

namespace lmpack {

// Sets of weights for a fixed number of inputs, of which a context selects one for each bit.
// All sums stay within 32 bits, so that compilers may use vectors as they like.
template <std::size_t kInputs>
class Mixer {
 public:
  // Logits within +-kLargestLogit.
  using Logits = std::array<std::int32_t, kInputs>;

  static constexpr int kWeightBits = 16;  // a weight of 1 is 2**16

  // `first`: the weights that every set starts with. `rate`: how far an error moves the weights.
  // At the start it moves them further, by `head_start` more, which halves every 2**16 bits.
  Mixer(std::size_t sets, const Logits& first, std::int32_t rate, std::int32_t head_start)
      : rate_(rate), head_start_(head_start), weights_(sets, Set{first}) {}

  // The mixed logit with a set of weights, which update() then moves.
  int mix(const Logits& logits, std::size_t set) {
    current_ = weights_[set].values.data();
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < kInputs; ++i) sum += (logits[i] * current_[i]) >> kProductShift;
    logit_ = std::clamp(sum >> (kWeightBits - kProductShift), -kLargestLogit, kLargestLogit);
    return logit_;
  }

  // The logits that were mixed, and the bit that came.
  void update(const Logits& logits, std::uint32_t bit) {
    const auto p = static_cast<std::int32_t>(logistic().squash(logit_));
    const std::int32_t rate = rate_ + (head_start_ >> std::min<std::uint64_t>(seen_ >> 16, 31));
    ++seen_;
    const std::int32_t error =
        ((static_cast<std::int32_t>(bit << kProbabilityBits) - p) * rate) >> kRateBits;
    for (std::size_t i = 0; i < kInputs; ++i) {
      const std::int32_t step = (logits[i] * error + kHalfStep) >> kStepBits;
      current_[i] = std::clamp(current_[i] + step, -kLargestWeight, kLargestWeight);
    }
  }

 private:
  struct alignas(kCacheLine) Set {
    Logits values;
  };

  static constexpr std::int32_t kLargestWeight = (8 << kWeightBits) - 1;
  static constexpr int kProductShift = 6;
  static constexpr int kRateBits = 4;
  static constexpr int kStepBits = 14;
  static constexpr std::int32_t kHalfStep = 1 << (kStepBits - 1);
  static_assert(std::int64_t{kLargestLogit} * kLargestWeight < std::int64_t{1} << 31);
  static_assert(kInputs << (31 - kProductShift) <= std::size_t{1} << 31);

  std::int32_t rate_;
  std::int32_t head_start_;
  std::uint64_t seen_ = 0;  // bits
  AlignedVector<Set> weights_;
  std::int32_t* current_ = nullptr;
  int logit_ = 0;
};

}  // namespace lmpack
