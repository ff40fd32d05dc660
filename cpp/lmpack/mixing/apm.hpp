// Adaptive probability maps (APM, also known as SSE): what a prediction turned out to be worth in a
// context.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmpack/mixing/logistic.hpp"

namespace lmpack {

// A curve from logits to probabilities for each context, given by knots that learn.
class Apm {
 public:
  // Every context starts with the logistic function. A bit moves the nearest knot by 2**-rate of
  // what it lacks.
  Apm(std::size_t contexts, int rate) : rate_(rate), curves_(contexts, logistic_curve()) {}

  // The probability of a logit, on the line between two knots of a context; update() moves one.
  Probability refine(int logit, std::size_t context) {
    constexpr int kLimit = kMiddle * kSpacing;
    const int place = std::clamp(logit, -kLimit, kLimit - 1) + kLimit;
    const int behind = place % kSpacing;
    std::uint16_t* const knot =
        curves_[context].data() + static_cast<std::size_t>(place / kSpacing);
    nearest_ = knot + (behind >= kSpacing / 2);
    const int p = (knot[0] * (kSpacing - behind) + knot[1] * behind) / kSpacing;
    return std::clamp(static_cast<Probability>(p), Probability{1}, kCertain);
  }

  void update(std::uint32_t bit) {
    const std::int32_t target = bit != 0 ? static_cast<std::int32_t>(kCertain) : 0;
    *nearest_ = static_cast<std::uint16_t>(*nearest_ + ((target - *nearest_) >> rate_));
  }

 private:
  static constexpr int kKnots = 33;
  static constexpr int kMiddle = kKnots / 2;
  static constexpr int kSpacing = 160;

  using Curve = std::array<std::uint16_t, kKnots>;

  static Curve logistic_curve() {
    Curve curve;
    for (int knot = 0; auto& p : curve) {
      p = static_cast<std::uint16_t>(logistic().squash((knot++ - kMiddle) * kSpacing));
    }
    return curve;
  }

  int rate_;
  std::vector<Curve> curves_;
  std::uint16_t* nearest_ = nullptr;
};

}  // namespace lmpack
