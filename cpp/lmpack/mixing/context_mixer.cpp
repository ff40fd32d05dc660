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
constexpr int kPairsLog2 = 12;  // of the contexts of the APM of the last two bytes

constexpr MixerLayer::Learning kLearning = {184, 400};
constexpr MixerLayer::Learning kFinalLearning = {32, 0};
constexpr std::int32_t kSlowerInText = 54;  // with the inputs of keyed contexts

constexpr std::size_t kInputsOfModel = 2;

// Slots of a context of order 1: one for the first four bits of a byte, 16 for the last four.
constexpr std::size_t kOrder1Slots = 17;

// First weights of the inputs, in units of 2**-14: most for the models, so that short files are
// worth mixing; the mixers find out soon.
constexpr std::int16_t kFirstWeight = 300;
constexpr std::int16_t kFirstMatchByteWeight = 2500;
constexpr std::int16_t kFirstDecimalWeight = 2500;
constexpr std::int16_t kFirstModelWeights[][kMostModels * 2] = {
    {}, {12500, 2250}, {9500, 1500, 5000, 750}};

// The number of binary digits that places within a block need.
int digits_of(std::size_t length) { return static_cast<int>(std::bit_width(length - 1)); }

int places_log2(std::size_t length) { return std::clamp(digits_of(length), 8, 20); }

int lines_log2(std::size_t length, const PredictorParts& parts) {
  return std::clamp(digits_of(length) + parts.table_digits, 8, parts.largest_table);
}

// Inputs that are not of contexts: of the models, of order 0, of matches, of decimal numbers.
std::size_t other_inputs(const PredictorParts& parts, std::size_t models) {
  return models * kInputsOfModel + 1 + parts.matches.size() * MatchInputs::kInputs +
         (parts.by_kind ? 1 : 0);
}

std::vector<std::int16_t> first_weights(const PredictorParts& parts, std::size_t models,
                                        const InputLayout& layout) {
  const std::int16_t first = models == 0 ? parts.first_weight : kFirstWeight;
  std::vector<std::int16_t> others;
  others.assign(kFirstModelWeights[models], kFirstModelWeights[models] + models * kInputsOfModel);
  others.push_back(0);
  others.insert(others.end(), parts.matches.size(), first);
  others.insert(others.end(), parts.matches.size(), kFirstMatchByteWeight);
  if (parts.by_kind) others.push_back(kFirstDecimalWeight);
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
                           std::size_t models, std::size_t tables_for)
    : ContextMixer(plain, layout, mixing.stride, models,
                   parts_of(mixing.predictor, mixing.stride != 0),
                   *available_mixing_kernels().front(), tables_for) {}

ContextMixer::ContextMixer(std::span<const std::uint8_t> plain, BlockLayout layout,
                           std::uint32_t stride, std::size_t models, PredictorParts parts,
                           const MixingKernels& kernels, std::size_t tables_for)
    : bytes_(plain, layout),
      parts_(std::move(parts)),
      lanes_(layout.lanes(), Lane{LaneContexts(stride, parts_.by_kind, parts_.has_keyed),
                                  std::vector<Match>(parts_.matches.size()), 0}),
      histories_by_hash_(lines_log2(std::max(layout.length(), tables_for), parts_)),
      order1_(kByteValues * kOrder1Slots),
      hashes_(parts_.contexts.size()),
      slots_(parts_.contexts.size()),
      fresh_(parts_.late_slots ? parts_.contexts.size() : 0),
      runs_(parts_.contexts.size() + 1),
      model_apms_(checked_models(models), Apm(kByteValues, kApmRate)),
      order0_(kByteValues, kOrder0Limit),
      matches_(plain, layout, parts_.matches, places_log2(std::max(layout.length(), tables_for))),
      context_inputs_(kernels, parts_.contexts.size() + 1, parts_.all_history_inputs,
                      other_inputs(parts_, models)),
      sets_(parts_.selectors, models),
      mixers_(kernels, first_weights(parts_, models, context_inputs_.layout()), sets_.counts(),
              kLearning),
      final_mixers_(kernels, equal_weights(parts_.selectors.size()), final_sets(parts_),
                    kFinalLearning) {
  apms_.emplace_back(std::size_t{1} << kPairsLog2, kApmRate);
  if (parts_.match_apm) apms_.emplace_back(kByteValues * MatchInputs::kLengthClasses, kApmRate);
}

void ContextMixer::become_prefix() {
  const Lane& lane = lanes_.front();
  first_lane_.assign(1, lane);
  first_lane_.front().step = 0;
  before_ = bytes_.plain();
}

void ContextMixer::go_on(std::span<const std::uint8_t> plain, BlockLayout layout) {
  bytes_ = MixedBytes(before_, plain, layout);
  lanes_.assign(layout.lanes(), first_lane_.front());
  matches_.go_on(bytes_, layout.lanes());
}

// Large tables take what is looked at from the source; what is small, or changes in few places, is
// kept.
void ContextMixer::follow(const ContextMixer& source) {
  histories_by_hash_.follow(source.histories_by_hash_);
  mixers_.follow(source.mixers_);
  final_mixers_.follow(source.final_mixers_);
  matches_.keep_changes();
  context_inputs_.keep_changes();
  follows_ = true;
}

void ContextMixer::undo() {
  histories_by_hash_.start_over();
  mixers_.start_over();
  final_mixers_.start_over();
  followers_.undo();
  order1_log_.undo();
  for (Apm& apm : model_apms_) apm.undo();
  order0_.undo();
  matches_.undo();
  decimals_.undo();
  context_inputs_.undo();
  for (Apm& apm : apms_) apm.undo();
}

void ContextMixer::start_byte(std::size_t lane) {
  lane_ = &lanes_[lane];
  prefix_ = 1;
  bit_ = 0;
  for (std::size_t i = 0; i < hashes_.size(); ++i) {
    hashes_[i] = lane_->contexts.hash(parts_.contexts[i], followers_);
    histories_by_hash_.prefetch(hashes_[i]);
    if (follows_) histories_by_hash_.prefetch_source(hashes_[i]);
  }
  matches_.start_byte(lane_->matches);  // while the slots are on their way
  find_slots();
  const std::size_t last = lane_->contexts.last() & 0xFF;
  runs_[0] = &order1_[last * kOrder1Slots].run;
  std::size_t seen_orders = 0;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    runs_[i + 1] = &slots_[i]->run;
    if (parts_.contexts[i] <= Context::kOrder6) seen_orders += slots_[i]->histories[0] != 0;
  }
  for (std::size_t i = 0; i < runs_.size(); ++i) context_inputs_.set_run(i, *runs_[i]);
  sets_.start_byte(lane_->contexts, seen_orders);
  start_bit();
}

void ContextMixer::find_slots() {
  node_ = 0;
  const std::uint32_t nibble = bit_ == 0 ? 0 : prefix_;
  if (follows_) {
    for (const std::uint64_t hash : hashes_) histories_by_hash_.take_over(hash, nibble);
  }
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    slots_[i] = nibble != 0 && parts_.late_slots ? &late_slot(i, nibble)
                                                 : &histories_by_hash_.find(hashes_[i], nibble);
    context_inputs_.set_slot(i + 1, *slots_[i]);
  }
  const std::size_t last = lane_->contexts.last() & 0xFF;
  HistorySlot& order1 = order1_[last * kOrder1Slots + (bit_ == 0 ? 0 : prefix_ - 15)];
  if (follows_) order1_log_.keep(order1);
  context_inputs_.set_slot(0, order1);
}

// A context that has seen no byte has no slot for the last four bits, which would be used once for
// most contexts. The next time its byte run has what that slot would have seen.
HistorySlot& ContextMixer::late_slot(std::size_t context, std::uint32_t nibble) {
  const ByteRun& run = *runs_[context + 1];
  if (run.length == 0) return fresh_[context] = HistorySlot{};
  HistorySlot& slot = histories_by_hash_.find(hashes_[context], nibble);
  if (slot.histories[0] != 0 || (run.byte >> 4 | 16U) != nibble) return slot;
  std::size_t node = 0;
  for (int i = 3; i >= 0; --i) {
    const std::uint32_t bit = run.byte >> i & 1U;
    slot.histories[node] = state_table().nexts()[slot.histories[node] * 2U + bit];
    node = 2 * node + 1 + bit;
  }
  return slot;
}

// All that can be done before the models are heard. Looking up the contexts takes longest: it comes
// last, so that the weights and the APMs are on their way meanwhile.
void ContextMixer::start_bit() {
  Logit* const others = context_inputs_.others() + models() * kInputsOfModel;
  *others = logistic_.stretch(order0_.predict(prefix_));
  matches_.predict(prefix_, bit_, others + 1);
  if (parts_.by_kind) {
    others[1 + parts_.matches.size() * MatchInputs::kInputs] =
        decimals_.predict(lane_->contexts.rows, prefix_, bit_);
  }
  sets_.start_bit(prefix_, bit_, matches_);
  if (models() == 0) select_weights();
  const std::size_t byte_and_bit =
      (lane_->contexts.last() & 0xFF) * kBitsInByte + static_cast<std::size_t>(bit_);
  const std::size_t final_sets[] = {prefix_, byte_and_bit};
  if (follows_) final_mixers_.take_over(final_sets);
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
  select_weights();
}

void ContextMixer::select_weights() {
  if (follows_) mixers_.take_over(sets_.chosen());
  mixers_.select(sets_.chosen(), lane_->contexts.in_keyed_text() ? kSlowerInText : 0);
}

void ContextMixer::select_apms() {
  const std::uint64_t pair = lane_->contexts.last() & 0xFFFF;
  apms_[0].select(hash_value(pair << 8 | prefix_, 0) >> (64 - kPairsLog2));
  if (parts_.match_apm) {
    apms_[1].select(prefix_ * MatchInputs::kLengthClasses + matches_.length_class());
  }
}

Probability ContextMixer::refined(Logit logit) {
  const Probability p = logistic_.squash_within(logit);
  const ApmPlace place(logit);
  const Probability by_pair = apms_[0].refine(place);
  const Probability by_match = parts_.match_apm ? apms_[1].refine(place) : by_pair;
  return std::clamp((p + by_match + 2 * by_pair + 2) / 4, 1U, kCertain);
}

// What update() will change and nothing else brings back.
void ContextMixer::keep() {
  order0_.keep();
  matches_.keep();
  decimals_.keep();
  for (Apm& apm : apms_) apm.keep();
  for (Apm& apm : model_apms_) apm.keep();
}

void ContextMixer::update(std::uint32_t bit) {
  if (follows_) keep();
  context_inputs_.update(bit);
  order0_.update(bit);
  matches_.update(bit);
  decimals_.update(bit);
  for (Apm& apm : apms_) apm.update(bit);
  for (Apm& apm : model_apms_) apm.update(bit);
  prefix_ = prefix_ << 1 | bit;
  node_ = 2 * node_ + 1 + bit;
  ++bit_;
  if (bit_ == 3) {
    for (const std::uint64_t hash : hashes_) histories_by_hash_.prefetch_last(hash, prefix_ << 1);
    for (std::size_t i = 0; follows_ && i < hashes_.size(); ++i) {
      histories_by_hash_.prefetch_source_last(hashes_[i], prefix_ << 1);
    }
  } else if (bit_ == 4) {
    find_slots();
  }
  mixers_.update(bit);
  final_mixers_.update(bit);
  if (bit_ < kBitsInByte) start_bit();
}

void ContextMixer::finish_byte() {
  const auto lane = static_cast<std::size_t>(lane_ - lanes_.data());
  const std::size_t place = bytes_.place_of(lane, lane_->step);
  const std::uint8_t byte = bytes_[place];
  ++lane_->step;
  matches_.prefetch(place, lane_->contexts.last() << 8 | byte);
  for (ByteRun* const run : runs_) run->add(byte);
  if (follows_) followers_.keep(lane_->contexts.places());
  lane_->contexts.add(bytes_.of_lane(lane, lane_->step), followers_);
  matches_.finish_byte(lane_->matches, place, lane_->contexts.last());
}

}  // namespace lmpack
