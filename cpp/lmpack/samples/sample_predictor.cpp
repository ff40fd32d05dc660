#include "lmpack/samples/sample_predictor.hpp"

#include <algorithm>

namespace lmpack {
namespace {

// Samples that the stages look back; the first one also at the channel before.
constexpr std::size_t kOrder = 128;
constexpr std::size_t kOrderOfNeighbour = 32;
constexpr std::size_t kSecondOrder = 32;
constexpr std::size_t kThirdOrder = 16;

constexpr int kUnitBits = 16;
constexpr std::int32_t kStep = 64;
constexpr std::int32_t kLargestWeight = 1 << 20;

int sign(std::int32_t value) { return (value > 0) - (value < 0); }

}  // namespace

SamplePredictor::SamplePredictor(std::size_t channels) {
  std::vector<std::size_t> first = {kOrder};
  if (channels > 1) first.push_back(kOrderOfNeighbour);
  Channel channel{
      {AdaptiveFilter(first), AdaptiveFilter({kSecondOrder}), AdaptiveFilter({kThirdOrder})}, {}};
  channel.weights.fill(1 << kUnitBits);
  channels_.assign(channels, channel);
}

std::int32_t SamplePredictor::predict() {
  Channel& channel = channels_[turn_];
  std::int64_t sum = 1 << (kUnitBits - 1);
  for (std::size_t k = 0; k < kStages; ++k) {
    channel.parts[k] = channel.stages[k].predict();
    sum += std::int64_t{channel.weights[k]} * channel.parts[k];
  }
  prediction_ =
      static_cast<std::int32_t>(std::clamp<std::int64_t>(sum >> kUnitBits, INT16_MIN, INT16_MAX));
  return prediction_;
}

void SamplePredictor::update(std::int32_t sample) {
  Channel& channel = channels_[turn_];
  const int direction = sign(sample - prediction_);
  std::int32_t target = sample;
  for (std::size_t k = 0; k < kStages; ++k) {
    const std::int32_t part = channel.parts[k];
    const std::int32_t rest = target - part;
    channel.stages[k].adapt(rest);
    channel.stages[k].push(0, target);
    channel.weights[k] = std::clamp(channel.weights[k] + direction * sign(part) * kStep,
                                    -kLargestWeight, kLargestWeight);
    target = clip_value(rest);
  }
  turn_ = (turn_ + 1) % channels_.size();
  if (channels_.size() > 1) channels_[turn_].stages[0].push(1, sample);
}

}  // namespace lmpack
