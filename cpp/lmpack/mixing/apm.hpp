// Adaptive probability maps (APM, also known as SSE): what a prediction turned out to be worth in a
// context.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmpack/mixing/logistic.hpp"
#include "lmpack/mixing/undo_log.hpp"

namespace lmpack {

// A logit between two knots of a curve.
struct ApmPlace {
  static constexpr int kKnots = 33;
  static constexpr int kMiddle = kKnots / 2;
  static constexpr int kSpacing = 160;

  explicit ApmPlace(int logit) {
    constexpr int kLimit = kMiddle * kSpacing;
    const auto place = static_cast<std::uint32_t>(std::clamp(logit, -kLimit, kLimit - 1) + kLimit);
    knot = place / kSpacing;
    behind = place % kSpacing;
  }

  std::uint32_t knot;    // the one before it
  std::uint32_t behind;  // this knot
};

// A curve from logits to probabilities for each context, given by knots that learn.
class Apm {
 public:
  // Every context starts with the logistic function. A bit moves the nearest knot by 2**-rate of
  // what it lacks.
  Apm(std::size_t contexts, int rate) : rate_(rate), curves_(contexts, logistic_curve()) {}

  // Selects the context of the next probability, and asks the memory for it.
  void select(std::size_t context) {
    chosen_ = curves_[context].data();
    __builtin_prefetch(chosen_);
    __builtin_prefetch(chosen_ + ApmPlace::kKnots - 1);
  }

  // The probability of a logit, on the line between two knots of that context; update() moves one.
  Probability refine(ApmPlace place) {
    constexpr std::uint32_t kSpacing = ApmPlace::kSpacing;
    std::uint16_t* const knot = chosen_ + place.knot;
    nearest_ = knot + (place.behind >= kSpacing / 2 ? 1 : 0);
    const Probability p = (knot[0] * (kSpacing - place.behind) + knot[1] * place.behind) / kSpacing;
    return std::clamp(p, Probability{1}, kCertain);
  }

  Probability refine(int logit, std::size_t context) {
    select(context);
    return refine(ApmPlace(logit));
  }

  void update(std::uint32_t bit) {
    const std::int32_t target = bit != 0 ? static_cast<std::int32_t>(kCertain) : 0;
    *nearest_ = static_cast<std::uint16_t>(*nearest_ + ((target - *nearest_) >> rate_));
  }

  // Keeps what update() will change; undo() takes all such changes back.
  void keep() { log_.keep(*nearest_); }
  void undo() { log_.undo(); }

 private:
  using Curve = std::array<std::uint16_t, ApmPlace::kKnots>;

  static Curve logistic_curve() {
    Curve curve;
    for (int knot = 0; auto& p : curve) {
      const int logit = (knot++ - ApmPlace::kMiddle) * ApmPlace::kSpacing;
      p = static_cast<std::uint16_t>(logistic().squash(logit));
    }
    return curve;
  }

  int rate_;
  std::vector<Curve> curves_;
  std::uint16_t* chosen_ = nullptr;
  std::uint16_t* nearest_ = nullptr;
  UndoLog<std::uint16_t> log_;
};

}  // namespace lmpack
