#include "lmpack/tokens/end_mixer.hpp"

#include <algorithm>
#include <bit>

#include "lmpack/mixing/history_maps.hpp"

namespace lmpack {
namespace {

constexpr std::size_t kModel = 0, kModelApm = 1, kHistory = 2;  // places of the inputs

constexpr std::size_t kLengths = 16;  // of a token, from 15 on all are one
constexpr std::size_t kLastBytes = 256;
constexpr std::uint32_t kHistoryLimit = 1000;
constexpr int kApmRate = 6;
constexpr std::int32_t kModelWeight = 52000;
constexpr std::int32_t kModelApmWeight = 9000;
constexpr std::int32_t kHistoryWeight = 3000;
constexpr std::int32_t kMixingRate = 6;
constexpr std::int32_t kHeadStart = 9;
constexpr std::int32_t kFinalRate = 1;

}  // namespace

EndMixer::EndMixer(std::size_t length)
    : shift_(64 - std::clamp(static_cast<int>(std::bit_width(length)), 10, 18)),
      state_maps_(history_maps(kHistories, kHistoryLimit)),
      model_apm_(kLengths, kApmRate),
      final_mixer_(1, FinalMixer::equal_weights(), kFinalRate, 0),
      last_apm_(kLastBytes * kLengths, kApmRate) {
  static_assert(kHistories <= kContexts);
  for (auto& table : tables_) table.resize(std::size_t{1} << (64 - shift_));
  InputMixer::Weights first;
  first.fill(kHistoryWeight);
  first[kModel] = kModelWeight;
  first[kModelApm] = kModelApmWeight;
  for (const std::size_t sets : {kLengths, kLastBytes}) {
    mixers_.emplace_back(sets, first, kMixingRate, kHeadStart);
  }
}

Probability EndMixer::predict(const LaneContexts& contexts, std::size_t length, Probability model) {
  const Logistic& tables = logistic();
  const std::size_t known = std::min(length, kLengths - 1);
  inputs_[kModel] = tables.stretch(model);
  inputs_[kModelApm] = tables.stretch(model_apm_.refine(inputs_[kModel], known));
  for (std::size_t i = 0; i < kHistories; ++i) {
    const std::uint64_t hash = hash_value(contexts.hashes()[i], known);
    histories_[i] = &tables_[i][static_cast<std::size_t>(hash >> shift_)];
    inputs_[kHistory + i] = tables.stretch_coarsely(state_maps_[i].predict(*histories_[i]));
  }
  mixed_[0] = mixers_[0].mix(inputs_, known);
  const std::size_t last = contexts.last() % kLastBytes;
  mixed_[1] = mixers_[1].mix(inputs_, last);
  const Logit logit = final_mixer_.mix(mixed_, 0);
  const Probability refined = last_apm_.refine(logit, last * kLengths + known);
  return std::clamp((tables.squash(logit) + refined + 1) / 2, Probability{1}, kCertain);
}

void EndMixer::update(std::uint32_t bit) {
  for (InputMixer& mixer : mixers_) mixer.update(inputs_, bit);
  final_mixer_.update(mixed_, bit);
  last_apm_.update(bit);
  model_apm_.update(bit);
  const StateTable& states = state_table();
  for (std::size_t i = 0; i < kHistories; ++i) {
    state_maps_[i].update(bit);
    *histories_[i] = states.next(*histories_[i], bit);
  }
}

}  // namespace lmpack
