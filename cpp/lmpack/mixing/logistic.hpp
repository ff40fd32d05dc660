// Probabilities and their logits as integers: the same on every machine.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace lmpack {

// A probability that a bit is 1, in units of 2**-16: 1 to kCertain.
using Probability = std::uint32_t;
inline constexpr int kProbabilityBits = 16;
inline constexpr Probability kHalf = 1U << (kProbabilityBits - 1);
inline constexpr Probability kCertain = (1U << kProbabilityBits) - 1;

// A logit ln(p / (1 - p)) in units of 1/256, within +-kLargestLogit.
using Logit = std::int16_t;
inline constexpr int kLogitUnit = 256;
inline constexpr int kLargestLogit = 12 * kLogitUnit - 1;

// Both directions as tables. Built from integers alone.
class Logistic {
 public:
  Logistic();

  // The probability of a logit, which is first brought to +-kLargestLogit.
  Probability squash(int logit) const {
    const int clipped = logit > kLargestLogit    ? kLargestLogit
                        : logit < -kLargestLogit ? -kLargestLogit
                                                 : logit;
    return squashed_[static_cast<std::size_t>(clipped + kLargestLogit)];
  }

  // About the logit of a probability: that of the middle of 16 of them.
  Logit stretch_coarsely(Probability p) const {
    return static_cast<Logit>(everywhere_[p / kCoarseStep]);
  }

  // The same as a table, by p / 16.
  const std::int32_t* stretches() const { return everywhere_.data(); }

  // The logit of a probability.
  Logit stretch(Probability p) const {
    return p >= kHalf ? upper(p) : static_cast<Logit>(-upper(kCertain + 1 - p));
  }

 private:
  // The smallest logit whose probability is at least p (p >= kHalf): where logits change fast, of
  // each p, elsewhere of the start of 16 of them.
  Logit upper(Probability p) const {
    return p >= kFineFrom ? fine_[p - kFineFrom] : coarse_[(p - kHalf) / kCoarseStep];
  }

  static constexpr Probability kCoarseStep = 16;
  static constexpr Probability kFineFrom = kCertain + 1 - 4096;

  std::array<std::uint16_t, 2 * kLargestLogit + 1> squashed_;
  std::array<Logit, kCertain + 2 - kFineFrom> fine_;
  std::array<Logit, (kFineFrom - kHalf) / kCoarseStep> coarse_;
  std::array<std::int32_t, (kCertain + 1) / kCoarseStep> everywhere_;
};

// The tables, made when they are first asked for.
const Logistic& logistic();

}  // namespace lmpack
