// Probabilities and their logits as integers: the same on every machine.
#pragma once

#include <algorithm>
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
    return squash_within(logit > kLargestLogit    ? kLargestLogit
                         : logit < -kLargestLogit ? -kLargestLogit
                                                  : logit);
  }

  // The same of a logit within +-kLargestLogit.
  Probability squash_within(int logit) const {
    return squashed_[static_cast<std::size_t>(logit + kLargestLogit)];
  }

  // About the logit of a probability: that of the middle of 16 of them.
  Logit stretch_coarsely(Probability p) const { return everywhere_[p / kCoarseStep]; }

  // The same as a table, by p / 16, of 4096 and one more, as vectors read two at once.
  const Logit* stretches() const { return everywhere_.data(); }

  // The logit of a probability.
  Logit stretch(Probability p) const {
    // Without branches, as probabilities cannot be foreseen.
    const std::int32_t above = static_cast<std::int32_t>(p) - static_cast<std::int32_t>(kHalf);
    const std::int32_t sign = above >> 31;
    const std::int32_t distance = (above ^ sign) - sign;
    // The second one is the larger one from kFine on, where there is a logit for each p.
    const std::int32_t place = std::max(distance >> kCoarseLog2, distance - kFine + kCoarse);
    return static_cast<Logit>((upper_[static_cast<std::size_t>(place)] ^ sign) - sign);
  }

 private:
  static constexpr int kCoarseLog2 = 4;
  static constexpr Probability kCoarseStep = 1 << kCoarseLog2;
  static constexpr Probability kFineFrom = kCertain + 1 - 4096;
  static constexpr int kFine = kFineFrom - kHalf;
  static constexpr int kCoarse = kFine >> kCoarseLog2;

  std::array<std::uint16_t, 2 * kLargestLogit + 1> squashed_{};
  // The smallest logit whose probability is at least p (p >= kHalf): of the start of 16 of them,
  // and behind these, where logits change fast, of each p.
  std::array<Logit, kCoarse + kCertain + 2 - kFineFrom> upper_;
  std::array<Logit, (kCertain + 1) / kCoarseStep + 1> everywhere_{};
};

// The tables, made when they are first asked for.
const Logistic& logistic();

}  // namespace lmpack
