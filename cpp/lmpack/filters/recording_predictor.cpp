#include "lmpack/filters/recording_predictor.hpp"

#include <algorithm>

namespace lmpack {
namespace {

// Samples that the stages look back; the first one also at the channel before.
constexpr std::size_t kOrder = 128;
constexpr std::size_t kOrderOfNeighbour = 32;
constexpr std::size_t kSecondOrder = 32;
constexpr std::size_t kThirdOrder = 16;

// Without it, predictions of 8 bits would be too coarse.
constexpr int kFractionOfBytes = 8;

}  // namespace

RecordingPredictor::RecordingPredictor(std::size_t channels, int bits)
    : fraction_(bits == 8 ? kFractionOfBytes : 0),
      least_(-(std::int32_t{1} << (bits - 1 + fraction_))),
      largest_(((std::int32_t{1} << (bits - 1)) - 1) << fraction_) {
  std::vector<std::size_t> first = {kOrder};
  if (channels > 1) first.push_back(kOrderOfNeighbour);
  const std::int32_t bound = (std::int32_t{1} << (bits + 1 + fraction_)) - 1;
  channels_.assign(channels, Stages(first, kSecondOrder, kThirdOrder, bound));
}

std::int32_t RecordingPredictor::predict() {
  prediction_ = std::clamp<std::int64_t>(channels_[turn_].predict(), least_, largest_);
  const std::int64_t half = (std::int64_t{1} << fraction_) >> 1;
  return static_cast<std::int32_t>((prediction_ + half) >> fraction_);
}

void RecordingPredictor::update(std::int32_t sample) {
  const std::int32_t value = sample * (1 << fraction_);
  channels_[turn_].update(value, sign(value - prediction_), true);
  turn_ = (turn_ + 1) % channels_.size();
  if (channels_.size() > 1) channels_[turn_].first().push(1, value);
}

}  // namespace lmpack
