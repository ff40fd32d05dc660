#include "lmpack/mixing/context_mixer.hpp"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "lmpack/coder/bytes.hpp"
#include "lmpack/error.hpp"

namespace lmpack {
namespace {

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

// Inputs that are not of contexts: of the models, of order 0, of matches.
std::size_t other_inputs(const PredictorParts& parts, std::size_t models) {
  return models * kInputsOfModel + 1 + parts.matches.size() * MatchInputs::kInputs;
}

std::vector<std::int16_t> first_weights(const PredictorParts& parts, std::size_t models,
                                        const InputLayout& layout) {
  const std::int16_t first = models == 0 ? parts.first_weight : kFirstWeight;
  std::vector<std::int16_t> others;
  others.assign(kFirstModelWeights[models], kFirstModelWeights[models] + models * kInputsOfModel);
  others.push_back(0);
  others.insert(others.end(), parts.matches.size(), first);
  others.insert(others.end(), parts.matches.size(), kFirstMatchByteWeight);
  std::vector<std::int16_t> weights(layout.size());
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = layout.is_of_context(i) ? first : 0;
  for (std::size_t i = 0; i < others.size(); ++i) weights[layout.place_of(i)] = others[i];
  return weights;
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
      hashes_(parts_.contexts.size()),
      slots_(parts_.contexts.size()),
      runs_(parts_.contexts.size() + 1),
      model_apms_(checked_models(models), Apm(kByteValues, kApmRate)),
      order0_(kByteValues, kOrder0Limit),
      matches_(plain, layout, parts_.matches, places_log2(layout.length())),
      context_inputs_(kernels, parts_.contexts.size() + 1, parts_.all_history_inputs,
                      other_inputs(parts_, models)),
      sets_(parts_.selectors, models),
      mixers_(kernels, first_weights(parts_, models, context_inputs_.layout()), sets_.counts(),
              kLearning),
      final_mixers_(kernels, equal_weights(parts_.selectors.size()), final_sets(parts_),
                    kFinalLearning) {
  const std::size_t hashed_contexts = std::size_t{1} << parts_.apm_contexts_log2;
  apms_.emplace_back(hashed_contexts, kApmRate);
  if (parts_.apms > 1) apms_.emplace_back(kByteValues * MatchInputs::kLengthClasses, kApmRate);
  if (parts_.apms > 2) {
    apms_.emplace_back(kByteValues * kByteValues, kApmRate);
    apms_.emplace_back(hashed_contexts, kApmRate);
  }
}

void ContextMixer::start_byte(std::size_t lane) {
  lane_ = &lanes_[lane];
  prefix_ = 1;
  bit_ = 0;
  for (std::size_t i = 0; i < hashes_.size(); ++i) {
    hashes_[i] = lane_->contexts.hash(parts_.contexts[i], followers_);
    histories_by_hash_.prefetch(hashes_[i]);
  }
  matches_.start_byte(lane_->matches);  // while the slots are on their way
  find_slots();
  const std::size_t last = lane_->contexts.last() & 0xFF;
  runs_[0] = &order1_[last * kOrder1Slots].run;
  std::size_t seen_orders = 0;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    runs_[i + 1] = &slots_[i]->run;
    if (parts_.contexts[i] <= Context::kOrder8) seen_orders += slots_[i]->histories[0] != 0;
  }
  for (std::size_t i = 0; i < runs_.size(); ++i) context_inputs_.set_run(i, *runs_[i]);
  sets_.start_byte(lane_->contexts, seen_orders);
  start_bit();
}

void ContextMixer::find_slots() {
  node_ = 0;
  const std::uint32_t nibble = bit_ == 0 ? 0 : prefix_;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    slots_[i] = &histories_by_hash_.find(hashes_[i], nibble);
    context_inputs_.set_slot(i + 1, *slots_[i]);
  }
  const std::size_t last = lane_->contexts.last() & 0xFF;
  const std::size_t slot = bit_ == 0 ? 0 : prefix_ - 15;
  context_inputs_.set_slot(0, order1_[last * kOrder1Slots + slot]);
}

// All that can be done before the models are heard. Looking up the contexts takes longest: it comes
// last, so that the weights and the APMs are on their way meanwhile.
void ContextMixer::start_bit() {
  Logit* const others = context_inputs_.others() + models() * kInputsOfModel;
  *others = logistic_.stretch(order0_.predict(prefix_));
  matches_.predict(prefix_, bit_, others + 1);
  sets_.start_bit(prefix_, bit_, matches_);
  if (models() == 0) mixers_.select(sets_.chosen());
  const std::size_t byte_and_bit =
      (lane_->contexts.last() & 0xFF) * kBitsInByte + static_cast<std::size_t>(bit_);
  const std::size_t final_sets[] = {prefix_, byte_and_bit};
  final_mixers_.select(final_sets);
  select_apms();
  context_inputs_.predict(prefix_, bit_, node_);
}

Probability ContextMixer::predict(std::span<const Probability> said) {
  if (models() != 0) hear_models(said);
  const Logit* const last = final_mixers_.mix(mixers_.mix(context_inputs_.inputs()));
  return refined(parts_.second_final ? static_cast<Logit>((last[0] + last[1]) >> 1) : last[0]);
}

void ContextMixer::hear_models(std::span<const Probability> said) {
  Logit* other = context_inputs_.others();
  int sum = 0;
  for (std::size_t i = 0; i < models(); ++i) {
    const Logit logit = logistic_.stretch(said[i]);
    sum += logit;
    *other++ = logit;
    *other++ = logistic_.stretch(model_apms_[i].refine(logit, prefix_));
  }
  sets_.hear_models(models() == kMostModels ? sum >> 1 : sum, matches_);
  mixers_.select(sets_.chosen());
}

void ContextMixer::select_apms() {
  const std::uint64_t last = lane_->contexts.last();
  const auto hashed = [&](std::uint64_t bytes, std::uint64_t number) {
    return hash_value(bytes << 8 | prefix_, number) >> (64 - parts_.apm_contexts_log2);
  };
  apms_[0].select(hashed(last & 0xFFFF, 0));
  if (parts_.apms == 1) return;
  apms_[1].select(prefix_ * MatchInputs::kLengthClasses + matches_.length_class());
  if (parts_.apms == 2) return;
  apms_[2].select((last & 0xFF) << 8 | prefix_);
  apms_[3].select(hashed(last & 0xFFFFFF, 1));
}

Probability ContextMixer::refined(Logit logit) {
  const Probability p = logistic_.squash_within(logit);
  const ApmPlace place(logit);
  const Probability by_pair = apms_[0].refine(place);
  if (parts_.apms == 1) return std::clamp((p + 3 * by_pair + 2) / 4, 1U, kCertain);
  const Probability by_match = apms_[1].refine(place);
  if (parts_.apms == 2) return std::clamp((p + by_match + 2 * by_pair + 2) / 4, 1U, kCertain);
  const Probability by_byte = apms_[2].refine(place);
  const Probability by_three = apms_[3].refine(place);
  return std::clamp((2 * p + by_match + by_byte + 2 * by_pair + 2 * by_three + 4) / 8, 1U,
                    kCertain);
}

void ContextMixer::update(std::uint32_t bit) {
  context_inputs_.update(bit);
  order0_.update(bit);
  matches_.update(bit);
  for (Apm& apm : apms_) apm.update(bit);
  for (Apm& apm : model_apms_) apm.update(bit);
  prefix_ = prefix_ << 1 | bit;
  node_ = 2 * node_ + 1 + bit;
  ++bit_;
  if (bit_ == 3) {
    for (const std::uint64_t hash : hashes_) histories_by_hash_.prefetch_last(hash, prefix_ << 1);
  } else if (bit_ == 4) {
    find_slots();
  }
  mixers_.update(bit);
  final_mixers_.update(bit);
  if (bit_ < kBitsInByte) start_bit();
}

void ContextMixer::finish_byte() {
  const auto lane = static_cast<std::size_t>(lane_ - lanes_.data());
  const std::size_t position = layout_.index(lane, lane_->step);
  ++lane_->step;
  matches_.prefetch(position, lane_->contexts.last() << 8 | plain_[position]);
  for (ByteRun* const run : runs_) run->add(plain_[position]);
  lane_->contexts.add(plain_.subspan(layout_.index(lane, 0), lane_->step), followers_);
  matches_.finish_byte(lane_->matches, position, lane_->contexts.last());
}

}  // namespace lmpack
