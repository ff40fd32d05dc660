#include "lmpack/mixing/context_mixer.hpp"

#include <algorithm>
#include <bit>
#include <string>

#include "lmpack/coder/bytes.hpp"
#include "lmpack/error.hpp"
#include "lmpack/mixing/history_maps.hpp"

namespace lmpack {
namespace {

// Places in inputs_.
enum Input : std::size_t {
  kModel,
  kModelApm,
  kOrder0,
  kMatchLength,
  kMatchByte,
  kHistory,
  kSecondModel = 16,
  kSecondModelApm
};
constexpr std::array kModels{kModel, kSecondModel};

// The logit of the model and the length of the match, in classes, select a set of weights.
constexpr int kModelClasses = 24;
constexpr std::size_t kMatchClasses = 4;

constexpr std::int32_t kMixingRate = 6;
constexpr std::int32_t kHeadStart = 9;
constexpr std::int32_t kFinalRate = 1;
constexpr std::int32_t kFinalHeadStart = 0;
constexpr std::uint32_t kHistoryLimit = 1000;
constexpr std::uint32_t kByteLimit = 250;
constexpr int kApmRate = 6;

constexpr std::size_t kLengthClasses = 16;
constexpr std::size_t kOrder2Contexts = 1 << 12;

// The number of binary digits.
int digits_of(std::size_t length) { return static_cast<int>(std::bit_width(length)); }

// Most for the model, so that short files are worth mixing; the mixers find out soon.
template <std::size_t kInputs>
std::array<std::int32_t, kInputs> first_weights(std::size_t models) {
  std::array<std::int32_t, kInputs> weights;
  weights.fill(3000);
  weights[kModel] = models == 1 ? 50000 : 38000;
  weights[kModelApm] = models == 1 ? 9000 : 6000;
  weights[kOrder0] = 0;
  weights[kMatchByte] = 10000;
  weights[kSecondModel] = 20000;
  weights[kSecondModelApm] = 3000;
  return weights;
}

std::size_t checked_models(std::size_t models) {
  if (models < 1 || models > kMostModels) {
    throw InvalidArgument("one or two models can be mixed, not " + std::to_string(models));
  }
  return models;
}

}  // namespace

ContextMixer::ContextMixer(std::span<const std::uint8_t> plain, BlockLayout layout, DataKind kind,
                           std::size_t models)
    : plain_(plain),
      layout_(layout),
      lanes_(layout.lanes(), Lane{LaneContexts(kind), {}, 0}),
      histories_by_hash_(std::clamp(digits_of(layout.length()) + 1, 12, 22)),
      order1_(kByteValues * kByteValues),
      state_maps_(history_maps(kHistories, kHistoryLimit)),
      order0_(kByteValues, kHistoryLimit),
      matches_(plain, layout, std::clamp(digits_of(layout.length()), 8, 20)),
      match_by_length_(2 * kLengthClasses, kHistoryLimit),
      match_by_byte_(kByteValues * kByteValues, kByteLimit),
      model_apms_(checked_models(models), Apm(kByteValues, kApmRate)),
      final_mixer_(kByteValues, FinalMixer::equal_weights(), kFinalRate, kFinalHeadStart),
      match_apm_(kByteValues * kLengthClasses, kApmRate),
      order2_apm_(kOrder2Contexts, kApmRate) {
  const auto first = first_weights<kInputs>(models);
  constexpr std::size_t kClasses = std::size_t{kModelClasses} * kMatchClasses;
  for (const std::size_t sets : {kByteValues, kClasses, kByteValues * kBitsInByte, kByteValues}) {
    mixers_.emplace_back(sets, first, kMixingRate, kHeadStart);
  }
}

void ContextMixer::start_byte(std::size_t lane) {
  lane_ = &lanes_[lane];
  matches_.check(lane_->match);
  prefix_ = 1;
  bit_ = 0;
  find_slots();
}

void ContextMixer::find_slots() {
  node_ = 1;
  for (std::size_t i = 0; i < kContexts; ++i) {
    const std::uint64_t hash = lane_->contexts.hashes()[i];
    slots_[i] = &histories_by_hash_.find(hash, bit_ == 0 ? 0 : prefix_);
  }
}

Probability ContextMixer::predict(std::span<const Probability> said) {
  for (std::size_t i = 0; i < model_apms_.size(); ++i) {
    predict_model(kModels[i], model_apms_[i], said[i]);
  }
  inputs_[kOrder0] = logistic().stretch(order0_.predict(prefix_));
  predict_match();
  predict_histories();
  return mix();
}

void ContextMixer::predict_model(std::size_t first_input, Apm& apm, Probability said) {
  const Logistic& tables = logistic();
  const Logit logit = tables.stretch(said);
  inputs_[first_input] = logit;
  inputs_[first_input + 1] = tables.stretch(apm.refine(logit, prefix_));
}

void ContextMixer::predict_histories() {
  static_assert(kHistory + kHistories <= kSecondModel && kSecondModelApm < kInputs);
  const Logistic& tables = logistic();
  histories_[0] = &order1_[(lane_->contexts.last() & 0xFF) << 8 | prefix_];
  for (std::size_t i = 0; i < kContexts; ++i) histories_[i + 1] = &(*slots_[i])[node_];
  for (std::size_t i = 0; i < kHistories; ++i) {
    inputs_[kHistory + i] = tables.stretch_coarsely(state_maps_[i].predict(*histories_[i]));
  }
}

void ContextMixer::predict_match() {
  length_class_ = 0;
  inputs_[kMatchLength] = inputs_[kMatchByte] = 0;
  if (lane_->match.length == 0) return;
  const std::uint32_t expected = matches_.expected(lane_->match);
  if ((expected | kByteValues) >> (8 - bit_) != prefix_) return;
  length_class_ = std::min(lane_->match.length / 2, kLengthClasses - 1);
  const std::size_t bit = expected >> (7 - bit_) & 1;
  const Logistic& tables = logistic();
  inputs_[kMatchLength] = tables.stretch(match_by_length_.predict(length_class_ * 2 + bit));
  inputs_[kMatchByte] = tables.stretch(match_by_byte_.predict(expected << 8 | prefix_));
}

Probability ContextMixer::mix() {
  const std::size_t last = lane_->contexts.last() & 0xFFFF;
  const std::size_t match_class = length_class_ == 0   ? 0
                                  : length_class_ < 6  ? 1
                                  : length_class_ < 12 ? 2
                                                       : 3;
  constexpr int kReach = 8 * kLogitUnit;  // of the classes
  const int logit_of_models =
      models() == 1 ? inputs_[kModel] : (inputs_[kModel] + inputs_[kSecondModel]) >> 1;
  const int model = std::clamp(logit_of_models, -kReach, kReach - 1) + kReach;
  const auto model_class = static_cast<std::size_t>(model * kModelClasses / (2 * kReach));
  mixed_[0] = mixers_[0].mix(inputs_, prefix_);
  mixed_[1] = mixers_[1].mix(inputs_, model_class * kMatchClasses + match_class);
  mixed_[2] = mixers_[2].mix(inputs_, (last & 0xFF) * kBitsInByte + static_cast<std::size_t>(bit_));
  mixed_[3] = mixers_[3].mix(inputs_, last >> 8);
  const Logit logit = final_mixer_.mix(mixed_, prefix_);
  const std::size_t hashed = hash_value(last << 8 | prefix_, 0) % kOrder2Contexts;
  const Probability sum = logistic().squash(logit) +
                          match_apm_.refine(logit, prefix_ * kLengthClasses + length_class_) +
                          2 * order2_apm_.refine(logit, hashed);
  return std::clamp((sum + 2) / 4, Probability{1}, kCertain);
}

void ContextMixer::update(std::uint32_t bit) {
  for (InputMixer& mixer : mixers_) mixer.update(inputs_, bit);
  final_mixer_.update(mixed_, bit);
  match_apm_.update(bit);
  order2_apm_.update(bit);
  for (Apm& apm : model_apms_) apm.update(bit);
  order0_.update(bit);
  const StateTable& states = state_table();
  for (std::size_t i = 0; i < kHistories; ++i) {
    state_maps_[i].update(bit);
    *histories_[i] = states.next(*histories_[i], bit);
  }
  if (length_class_ != 0) {
    match_by_length_.update(bit);
    match_by_byte_.update(bit);
  }
  prefix_ = prefix_ << 1 | bit;
  node_ = node_ << 1 | bit;
  ++bit_;
  if (bit_ == 4) find_slots();
}

void ContextMixer::finish_byte() {
  const auto lane = static_cast<std::size_t>(lane_ - lanes_.data());
  const std::size_t position = layout_.index(lane, lane_->step);
  ++lane_->step;
  lane_->contexts.add(plain_.subspan(layout_.index(lane, 0), lane_->step));
  matches_.advance(lane_->match, position, lane_->contexts.last());
  // The lane's turn comes after the others': until then the memory has time.
  for (const std::uint64_t hash : lane_->contexts.hashes()) histories_by_hash_.prefetch(hash);
}

}  // namespace lmpack
