#include "lmpack/mixing/context_mixer.hpp"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "lmpack/coder/bytes.hpp"
#include "lmpack/error.hpp"

namespace lmpack {
namespace {

// The logit of the model, in classes, selects a set of weights with the match.
constexpr std::size_t kModelClasses = 24;
constexpr std::size_t kMatchClasses = 4;

constexpr std::uint32_t kOrder0Limit = 1000;
constexpr int kApmRate = 6;

constexpr MixerLayer::Learning kLearning = {184, 400};
constexpr MixerLayer::Learning kFinalLearning = {32, 0};

constexpr std::size_t kInputsOfModel = 2;

// Slots of a context of order 1: one for the first four bits of a byte, 16 for the last four.
constexpr std::size_t kOrder1Slots = 17;

// First weights of the inputs, in units of 2**-14: most for the models, so that short files are
// worth mixing; the mixers find out soon.
constexpr std::int16_t kFirstWeight = 300;
constexpr std::int16_t kFirstMatchByteWeight = 2500;
constexpr std::int16_t kFirstModelWeights[][kMostModels * 2] = {
    {}, {12500, 2250}, {9500, 1500, 5000, 750}};

// The number of binary digits that places within a block need.
int digits_of(std::size_t length) { return static_cast<int>(std::bit_width(length - 1)); }

int places_log2(std::size_t length) { return std::clamp(digits_of(length), 8, 20); }

int lines_log2(std::size_t length, const PredictorParts& parts) {
  return std::clamp(digits_of(length) + parts.table_digits, 8, parts.largest_table);
}

std::vector<std::int16_t> first_weights(const PredictorParts& parts, std::size_t models) {
  const std::size_t contexts = parts.contexts.size() + 1;
  std::vector<std::int16_t> weights;
  weights.assign(kFirstModelWeights[models], kFirstModelWeights[models] + models * kInputsOfModel);
  weights.push_back(0);
  const std::int16_t first = models == 0 ? parts.first_weight : kFirstWeight;
  weights.insert(weights.end(), parts.matches.size(), first);
  weights.insert(weights.end(), parts.matches.size(), kFirstMatchByteWeight);
  weights.insert(weights.end(), ContextInputs::inputs(contexts, parts.all_history_inputs), first);
  return weights;
}

std::size_t sets_of(Selector selector) {
  switch (selector) {
    using enum Selector;
    case kPrefix:
      return 256;
    case kModel:
      return std::max<std::size_t>(kModelClasses * kMatchClasses,
                                   MatchInputs::kLengthClasses * kBitsInByte);
    case kByte1:
    case kByte3:
    case kColumn:
      return 256 * 8;
    case kByte2:
      return 256;
    case kExpected:
      return 257 * 8;
    case kSeenOrders:
      return 8 * 8 * 4;
    case kKinds:
      return 512 * 8 * 2;
    case kRecordAbove:
      return 16 * 32;
    case kCode:
      return 4 * 8 * 8 * 4;
  }
  return 1;
}

std::vector<std::size_t> sets_of(const std::vector<Selector>& selectors) {
  std::vector<std::size_t> sets;
  for (const Selector selector : selectors) sets.push_back(sets_of(selector));
  return sets;
}

std::vector<std::size_t> final_sets(const PredictorParts& parts) {
  std::vector<std::size_t> sets = {256};
  if (parts.second_final) sets.push_back(256 * 8);
  return sets;
}

std::vector<std::int16_t> equal_weights(std::size_t inputs) {
  return std::vector<std::int16_t>(
      inputs, static_cast<std::int16_t>(MixerLayer::kOne / static_cast<std::int32_t>(inputs)));
}

std::size_t checked_models(std::size_t models) {
  if (models > kMostModels) {
    throw InvalidArgument("at most two models can be mixed, not " + std::to_string(models));
  }
  return models;
}

}  // namespace

ContextMixer::ContextMixer(std::span<const std::uint8_t> plain, BlockLayout layout, Mixing mixing,
                           std::size_t models)
    : ContextMixer(plain, layout, mixing.stride, models,
                   parts_of(mixing.predictor, mixing.stride != 0),
                   *available_mixing_kernels().front()) {}

ContextMixer::ContextMixer(std::span<const std::uint8_t> plain, BlockLayout layout,
                           std::uint32_t stride, std::size_t models, PredictorParts parts,
                           const MixingKernels& kernels)
    : plain_(plain),
      layout_(layout),
      parts_(std::move(parts)),
      lanes_(layout.lanes(),
             Lane{LaneContexts(stride), std::vector<Match>(parts_.matches.size()), 0}),
      histories_by_hash_(lines_log2(layout.length(), parts_)),
      order1_(kByteValues * kOrder1Slots),
      order1_runs_(kByteValues),
      hashes_(parts_.contexts.size()),
      slots_(parts_.contexts.size()),
      runs_(parts_.contexts.size() + 1),
      model_apms_(checked_models(models), Apm(kByteValues, kApmRate)),
      order0_(kByteValues, kOrder0Limit),
      matches_(plain, layout, parts_.matches, places_log2(layout.length())),
      context_inputs_(kernels, parts_.contexts.size() + 1, parts_.all_history_inputs),
      mixers_(kernels, first_weights(parts_, models), sets_of(parts_.selectors), kLearning),
      final_mixers_(kernels, equal_weights(parts_.selectors.size()), final_sets(parts_),
                    kFinalLearning) {
  const std::size_t hashed_contexts = std::size_t{1} << parts_.apm_contexts_log2;
  apms_.emplace_back(kByteValues * MatchInputs::kLengthClasses, kApmRate);
  apms_.emplace_back(hashed_contexts, kApmRate);
  if (parts_.all_apms) {
    apms_.emplace_back(kByteValues * kByteValues, kApmRate);
    apms_.emplace_back(hashed_contexts, kApmRate);
  }
}

void ContextMixer::start_byte(std::size_t lane) {
  lane_ = &lanes_[lane];
  matches_.start_byte(lane_->matches);
  prefix_ = 1;
  bit_ = 0;
  for (std::size_t i = 0; i < hashes_.size(); ++i) {
    hashes_[i] = lane_->contexts.hash(parts_.contexts[i], followers_);
    histories_by_hash_.prefetch(hashes_[i], 0);
  }
  find_slots();
  const std::size_t last = lane_->contexts.last() & 0xFF;
  runs_[0] = &order1_runs_[last];
  seen_orders_ = 0;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    runs_[i + 1] = &slots_[i]->run;
    if (parts_.contexts[i] <= Context::kOrder8) seen_orders_ += slots_[i]->histories[0] != 0;
  }
  for (std::size_t i = 0; i < runs_.size(); ++i) context_inputs_.set_run(i, *runs_[i]);
}

void ContextMixer::find_slots() {
  node_ = 0;
  const std::uint32_t nibble = bit_ == 0 ? 0 : prefix_;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    slots_[i] = &histories_by_hash_.find(hashes_[i], nibble);
    context_inputs_.set_slot(i + 1, slots_[i]->histories);
  }
  const std::size_t last = lane_->contexts.last() & 0xFF;
  const std::size_t slot = bit_ == 0 ? 0 : prefix_ - 15;
  context_inputs_.set_slot(0, order1_[last * kOrder1Slots + slot]);
}

Probability ContextMixer::predict(std::span<const Probability> said) {
  predict_models(said);
  std::int16_t* inputs = mixers_.inputs() + models() * kInputsOfModel;
  *inputs++ = logistic().stretch(order0_.predict(prefix_));
  matches_.predict(prefix_, bit_, inputs);
  inputs += parts_.matches.size() * MatchInputs::kInputs;
  context_inputs_.predict(prefix_, bit_, node_, inputs);
  select_weights();
  const std::span<const Logit> mixed = mixers_.mix();
  std::ranges::copy(mixed, final_mixers_.inputs());
  int sum = 0;
  for (const Logit logit : final_mixers_.mix()) sum += logit;
  return refined(static_cast<Logit>(parts_.second_final ? sum >> 1 : sum));
}

void ContextMixer::predict_models(std::span<const Probability> said) {
  const Logistic& tables = logistic();
  std::int16_t* inputs = mixers_.inputs();
  int sum = 0;
  for (std::size_t i = 0; i < models(); ++i) {
    const Logit logit = tables.stretch(said[i]);
    sum += logit;
    *inputs++ = logit;
    *inputs++ = tables.stretch(model_apms_[i].refine(logit, prefix_));
  }
  model_logit_ = models() == kMostModels ? sum >> 1 : sum;
}

std::size_t ContextMixer::set_of(Selector selector) const {
  const std::uint64_t last = lane_->contexts.last();
  const auto bit = static_cast<std::size_t>(bit_);
  const std::size_t match = matches_.length_class();
  switch (selector) {
    using enum Selector;
    case kPrefix:
      return prefix_;
    case kModel: {
      if (models() == 0) return match * kBitsInByte + bit;
      constexpr int kReach = 8 * kLogitUnit;  // of the classes
      const int model = std::clamp(model_logit_, -kReach, kReach - 1) + kReach;
      const auto model_class = static_cast<std::size_t>(model) * kModelClasses / (2 * kReach);
      const std::size_t match_class = match == 0 ? 0 : match < 6 ? 1 : match < 12 ? 2 : 3;
      return model_class * kMatchClasses + match_class;
    }
    case kByte1:
      return (last & 0xFF) * 8 + bit;
    case kByte2:
      return last >> 8 & 0xFF;
    case kByte3:
      return (last >> 16 & 0xFF) * 8 + bit;
    case kExpected:
      return (match == 0 ? 0 : matches_.expected() + 1) * 8 + bit;
    case kSeenOrders:
      return (seen_orders_ * 8 + bit) * 4 + (last >> 6 & 3);
    case kKinds:
      return ((lane_->contexts.shapes.kinds() & 0x1FF) * 8 + bit) * 2 +
             lane_->contexts.lines.matches_above();
    case kColumn:
      return std::min<std::size_t>(lane_->contexts.records.column(), 255) * 8 + bit;
    case kRecordAbove: {
      const Records& records = lane_->contexts.records;
      return (records.above() ^ (prefix_ << (8 - bit_) & 0xFF)) / 16 * 32 +
             records.column() * std::size_t{32} / records.length();
    }
    case kCode: {
      const Instructions& code = lane_->contexts.instructions;
      return ((code.part() * 8 + bit) * 8 + std::min<std::size_t>(code.read(), 7)) * 4 +
             (code.now() & 3);
    }
  }
  return 0;
}

void ContextMixer::select_weights() {
  for (std::size_t i = 0; i < parts_.selectors.size(); ++i) {
    mixers_.select(i, set_of(parts_.selectors[i]));
  }
  final_mixers_.select(0, prefix_);
  if (parts_.second_final) {
    final_mixers_.select(1, (lane_->contexts.last() & 0xFF) * 8 + static_cast<std::size_t>(bit_));
  }
}

Probability ContextMixer::refined(Logit logit) {
  const std::uint64_t last = lane_->contexts.last();
  const auto hashed = [&](std::uint64_t bytes, std::uint64_t number) {
    return hash_value(bytes << 8 | prefix_, number) >> (64 - parts_.apm_contexts_log2);
  };
  const std::size_t match = prefix_ * MatchInputs::kLengthClasses + matches_.length_class();
  const Probability p = logistic().squash(logit);
  const Probability by_match = apms_[0].refine(logit, match);
  const Probability by_pair = apms_[1].refine(logit, hashed(last & 0xFFFF, 0));
  if (!parts_.all_apms) return std::clamp((p + by_match + 2 * by_pair + 2) / 4, 1U, kCertain);
  const Probability by_byte = apms_[2].refine(logit, (last & 0xFF) << 8 | prefix_);
  const Probability by_three = apms_[3].refine(logit, hashed(last & 0xFFFFFF, 1));
  return std::clamp((2 * p + by_match + by_byte + 2 * by_pair + 2 * by_three + 4) / 8, 1U,
                    kCertain);
}

void ContextMixer::update(std::uint32_t bit) {
  mixers_.update(bit);
  final_mixers_.update(bit);
  for (Apm& apm : apms_) apm.update(bit);
  for (Apm& apm : model_apms_) apm.update(bit);
  order0_.update(bit);
  matches_.update(bit);
  context_inputs_.update(bit);
  prefix_ = prefix_ << 1 | bit;
  node_ = 2 * node_ + 1 + bit;
  ++bit_;
  if (bit_ == 4) {
    for (const std::uint64_t hash : hashes_) histories_by_hash_.prefetch(hash, prefix_);
    find_slots();
  }
}

void ContextMixer::finish_byte() {
  const auto lane = static_cast<std::size_t>(lane_ - lanes_.data());
  const std::size_t position = layout_.index(lane, lane_->step);
  ++lane_->step;
  for (ByteRun* const run : runs_) run->add(plain_[position]);
  lane_->contexts.add(plain_.subspan(layout_.index(lane, 0), lane_->step), followers_);
  matches_.finish_byte(lane_->matches, position, lane_->contexts.last());
}

}  // namespace lmpack
