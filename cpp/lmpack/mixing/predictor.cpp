#include "lmpack/mixing/predictor.hpp"

#include <algorithm>
#include <bit>

namespace lmpack {
namespace {

constexpr std::size_t kBytes = 256;
constexpr std::size_t kBits = 8;

// Places in inputs_.
enum Input : std::size_t { kModel, kRefinedModel, kOrder0, kMatchLength, kMatchByte, kHistory };

// Logits of the model, in so many classes, choose weights.
constexpr int kModelClasses = 24;
constexpr std::size_t kMatchClasses = 4;

constexpr std::int32_t kMixingRate = 6;
constexpr std::int32_t kHeadStart = 9;
constexpr std::int32_t kLastMixingRate = 1;
constexpr std::int32_t kLastHeadStart = 0;
constexpr std::uint32_t kHistoryLimit = 1000;
constexpr std::uint32_t kByteLimit = 250;
constexpr int kRefinementRate = 6;

constexpr std::size_t kLongestStrength = 16;
constexpr std::size_t kHashedRefinements = 1 << 12;

int log2_of(std::int64_t length) {
  return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(length)));
}

// Most for the model, so that short files are worth mixing; the mixers find out soon.
template <std::size_t kInputs>
std::array<std::int32_t, kInputs> first_weights() {
  std::array<std::int32_t, kInputs> weights;
  weights.fill(3000);
  weights[kModel] = 50000;
  weights[kRefinedModel] = 9000;
  weights[kOrder0] = 0;
  weights[kMatchByte] = 10000;
  return weights;
}

}  // namespace

Predictor::Predictor(std::span<const std::uint8_t> plain, BlockLayout layout, DataKind kind)
    : plain_(plain),
      steps_(static_cast<std::size_t>(layout.steps())),
      lanes_(static_cast<std::size_t>(layout.lanes()), Lane{LaneContexts(kind), {}, 0}),
      slots_(std::clamp(log2_of(layout.length()) + 1, 12, 22)),
      order1_(kBytes * kBytes),
      history_maps_(kHistories, AdaptiveMap(BitHistories::kStates, kHistoryLimit)),
      order0_(kBytes, kHistoryLimit),
      matches_(plain, layout, std::clamp(log2_of(layout.length()), 8, 20)),
      match_by_length_(2 * kLongestStrength, kHistoryLimit),
      match_by_byte_(kBytes * kBytes, kByteLimit),
      refined_model_(kBytes, kRefinementRate),
      last_mixer_(
          kBytes,
          [] {
            LastMixer::Weights first;
            first.fill((1 << LastMixer::kWeightBits) / static_cast<std::int32_t>(kMixers));
            return first;
          }(),
          kLastMixingRate, kLastHeadStart),
      by_match_(kBytes * kLongestStrength, kRefinementRate),
      by_order2_(kHashedRefinements, kRefinementRate) {
  for (AdaptiveMap& map : history_maps_) {
    for (std::size_t state = 0; state < BitHistories::kStates; ++state) {
      map.set(state, bit_histories().first_guess(state));
    }
  }
  const auto first = first_weights<kInputs>();
  constexpr std::size_t kClasses = std::size_t{kModelClasses} * kMatchClasses;
  for (const std::size_t sets : {kBytes, kClasses, kBytes * kBits, kBytes}) {
    mixers_.emplace_back(sets, first, kMixingRate, kHeadStart);
  }
}

void Predictor::start_byte(std::size_t lane) {
  lane_ = &lanes_[lane];
  prefix_ = 1;
  bit_ = 0;
  find_slots();
}

void Predictor::find_slots() {
  node_ = 1;
  for (std::size_t i = 0; i < kContexts; ++i) {
    const std::uint64_t hash = lane_->contexts.hashes()[i];
    current_[i] = &slots_.find(hash, bit_ == 0 ? 0 : prefix_);
  }
}

Probability Predictor::predict(Probability model) {
  const Logistic& tables = logistic();
  model_logit_ = tables.stretch(model);
  inputs_[kModel] = model_logit_;
  inputs_[kRefinedModel] = tables.stretch(refined_model_.refine(model_logit_, prefix_));
  inputs_[kOrder0] = tables.stretch(order0_.predict(prefix_));
  predict_match();
  predict_histories();
  return mix();
}

void Predictor::predict_histories() {
  static_assert(kHistory + kHistories <= kInputs);
  const Logistic& tables = logistic();
  histories_[0] = &order1_[(lane_->contexts.last() & 0xFF) << 8 | prefix_];
  for (std::size_t i = 0; i < kContexts; ++i) histories_[i + 1] = &(*current_[i])[node_];
  for (std::size_t i = 0; i < kHistories; ++i) {
    inputs_[kHistory + i] = tables.stretch_coarsely(history_maps_[i].predict(*histories_[i]));
  }
}

void Predictor::predict_match() {
  match_strength_ = 0;
  inputs_[kMatchLength] = inputs_[kMatchByte] = 0;
  if (lane_->match.length == 0) return;
  const std::uint32_t expected = matches_.expected(lane_->match);
  if ((expected | kBytes) >> (8 - bit_) != prefix_) return;
  match_strength_ = std::min(lane_->match.length / 2, kLongestStrength - 1);
  const std::size_t bit = expected >> (7 - bit_) & 1;
  const Logistic& tables = logistic();
  inputs_[kMatchLength] = tables.stretch(match_by_length_.predict(match_strength_ * 2 + bit));
  inputs_[kMatchByte] = tables.stretch(match_by_byte_.predict(expected << 8 | prefix_));
}

Probability Predictor::mix() {
  const std::size_t last = lane_->contexts.last() & 0xFFFF;
  const std::size_t match_class = match_strength_ == 0   ? 0
                                  : match_strength_ < 6  ? 1
                                  : match_strength_ < 12 ? 2
                                                         : 3;
  constexpr int kReach = 8 * kLogitUnit;  // of the classes
  const int model = std::clamp<int>(model_logit_, -kReach, kReach - 1) + kReach;
  const auto model_class = static_cast<std::size_t>(model * kModelClasses / (2 * kReach));
  mixed_[0] = mixers_[0].mix(inputs_, prefix_);
  mixed_[1] = mixers_[1].mix(inputs_, model_class * kMatchClasses + match_class);
  mixed_[2] = mixers_[2].mix(inputs_, (last & 0xFF) * kBits + static_cast<std::size_t>(bit_));
  mixed_[3] = mixers_[3].mix(inputs_, last >> 8);
  const Logit logit = last_mixer_.mix(mixed_, prefix_);
  const std::size_t hashed = hash_value(last << 8 | prefix_, 0) % kHashedRefinements;
  const Probability sum = logistic().squash(logit) +
                          by_match_.refine(logit, prefix_ * kLongestStrength + match_strength_) +
                          2 * by_order2_.refine(logit, hashed);
  return std::clamp((sum + 2) / 4, Probability{1}, kCertain);
}

void Predictor::update(std::uint32_t bit) {
  for (InputMixer& mixer : mixers_) mixer.update(inputs_, bit);
  last_mixer_.update(mixed_, bit);
  by_match_.update(bit);
  by_order2_.update(bit);
  refined_model_.update(bit);
  order0_.update(bit);
  const BitHistories& states = bit_histories();
  for (std::size_t i = 0; i < kHistories; ++i) {
    history_maps_[i].update(bit);
    *histories_[i] = states.next(*histories_[i], bit);
  }
  if (match_strength_ != 0) {
    match_by_length_.update(bit);
    match_by_byte_.update(bit);
  }
  prefix_ = prefix_ << 1 | bit;
  node_ = node_ << 1 | bit;
  ++bit_;
  if (bit_ == 4) find_slots();
}

void Predictor::finish_byte() {
  const auto lane = static_cast<std::size_t>(lane_ - lanes_.data());
  const std::size_t position = lane * steps_ + lane_->step;
  ++lane_->step;
  lane_->contexts.add(plain_.subspan(lane * steps_, lane_->step));
  matches_.advance(lane_->match, position, lane_->contexts.last());
  // The lane's turn comes after the others': until then the memory has time.
  for (const std::uint64_t hash : lane_->contexts.hashes()) slots_.prefetch(hash);
}

}  // namespace lmpack
