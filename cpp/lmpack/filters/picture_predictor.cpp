#include "lmpack/filters/picture_predictor.hpp"

#include <algorithm>
#include <bit>

namespace lmpack {
namespace {

// Samples around the next one: of its own channel, of the one before and of the one before that.
constexpr std::size_t kOwn = 12;
constexpr std::size_t kOfBefore = 6;
constexpr std::size_t kOfSecondBefore = 3;

constexpr std::size_t kSecondOrder = 16;
constexpr std::size_t kThirdOrder = 8;

// Bits that predictions have behind the point.
constexpr int kFraction = 4;

// No sample is looked at that is farther back than so many rows.
constexpr std::size_t kRows = 3;

std::int32_t fine(std::int32_t value) { return value * (1 << kFraction); }

std::size_t values_around(std::size_t channel) {
  return kOwn + (channel > 0 ? kOfBefore : 0) + (channel > 1 ? kOfSecondBefore : 0);
}

// The median of W, N and W + N - NW: the edge detector of LOCO-I (Weinberger et al., 2000).
std::int32_t median_edge(std::int32_t w, std::int32_t n, std::int32_t nw) {
  return std::max(std::min(w, n), std::min(std::max(w, n), w + n - nw));
}

}  // namespace

PicturePredictor::PicturePredictor(Shape shape, int bits)
    : channels_(shape.channels),
      row_(shape.row),
      least_(-(std::int32_t{1} << (bits - 1))),
      largest_((std::int32_t{1} << (bits - 1)) - 1),
      samples_(std::bit_ceil(std::min(kRows * row_ + 1, shape.samples + 1))) {
  const std::int32_t bound = (std::int32_t{1} << (bits + 1 + kFraction)) - 1;
  for (std::size_t channel = 0; channel < channels_; ++channel) {
    stages_.emplace_back(std::vector<std::size_t>{values_around(channel)}, kSecondOrder,
                         kThirdOrder, bound);
  }
}

std::int32_t PicturePredictor::back(std::size_t distance) const {
  return distance > done_ ? 0 : samples_[(done_ - distance) & (samples_.size() - 1)];
}

// The median of the samples around the one so many before the next.
std::int32_t PicturePredictor::reference() const {
  const std::size_t w = channels_;
  const std::size_t n = row_;
  const std::size_t nw = row_ + channels_;
  if (turn_ == 0) return median_edge(back(w), back(n), back(nw));
  // What the channel exceeds the one before by changes less than the channel itself.
  const std::int32_t excess =
      median_edge(back(w) - back(w + 1), back(n) - back(n + 1), back(nw) - back(nw + 1));
  return std::clamp(back(1) + excess, least_, largest_);
}

void PicturePredictor::look_around() {
  const std::size_t c = channels_;
  const std::size_t r = row_;
  around_.clear();
  const auto add = [&](std::size_t distance, std::int32_t from) {
    around_.push_back(fine(back(distance) - from));
  };
  for (const std::size_t distance : {c, 2 * c, 3 * c, r, r + c, r - c, r + 2 * c, r - 2 * c, 2 * r,
                                     2 * r + c, 2 * r - c, 3 * r}) {
    add(distance, reference_);
  }
  if (turn_ == 0) return;
  const std::int32_t before = back(1);
  add(1, reference_);
  for (const std::size_t distance : {c, r, r + c, r - c, 2 * r}) add(distance + 1, before);
  if (turn_ == 1) return;
  const std::int32_t second_before = back(2);
  add(1, second_before);
  for (const std::size_t distance : {c, r}) add(distance + 2, second_before);
}

std::int32_t PicturePredictor::predict() {
  reference_ = reference();
  look_around();
  stages_[turn_].first().replace(0, around_);
  prediction_ = std::clamp<std::int64_t>(fine(reference_) + stages_[turn_].predict(), fine(least_),
                                         fine(largest_));
  return static_cast<std::int32_t>((prediction_ + (1 << (kFraction - 1))) >> kFraction);
}

void PicturePredictor::update(std::int32_t sample) {
  stages_[turn_].update(fine(sample - reference_), sign(fine(sample) - prediction_), false);
  samples_[done_ & (samples_.size() - 1)] = sample;
  ++done_;
  turn_ = (turn_ + 1) % channels_;
}

}  // namespace lmpack
