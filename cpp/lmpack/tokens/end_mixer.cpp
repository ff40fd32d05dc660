#include "lmpack/tokens/end_mixer.hpp"

#include <algorithm>
#include <bit>

#include "lmpack/mixing/history_maps.hpp"

namespace lmpack {
namespace {

constexpr Context kContexts[] = {Context::kOrder2,  Context::kOrder3, Context::kOrder4,
                                 Context::kOrder5,  Context::kOrder6, Context::kWord,
                                 Context::kWordPair};

constexpr std::size_t kLengths = 16;  // of a token, from 15 on all are one
constexpr std::size_t kLastBytes = 256;
constexpr std::uint32_t kHistoryLimit = 1000;
constexpr int kApmRate = 6;

// Of the model, of its APM, of the histories.
constexpr std::int16_t kFirstWeights[] = {13000, 2250, 750, 750, 750, 750, 750, 750, 750};
constexpr std::int16_t kFinalWeights[] = {8192, 8192};
constexpr std::size_t kSets[] = {kLengths, kLastBytes};
constexpr std::size_t kFinalSets[] = {1};
constexpr MixerLayer::Learning kLearning = {184, 400};
constexpr MixerLayer::Learning kFinalLearning = {32, 0};

const MixingKernels& kernels() { return *available_mixing_kernels().front(); }

}  // namespace

EndMixer::EndMixer(std::size_t length)
    : shift_(64 - std::clamp(static_cast<int>(std::bit_width(length)), 10, 18)),
      state_maps_(history_maps(kHistories, kHistoryLimit)),
      model_apm_(kLengths, kApmRate),
      inputs_(MixerLayer::padded(std::size(kFirstWeights))),
      mixers_(kernels(), kFirstWeights, kSets, kLearning),
      final_mixer_(kernels(), kFinalWeights, kFinalSets, kFinalLearning),
      last_apm_(kLastBytes * kLengths, kApmRate) {
  static_assert(std::size(kContexts) == kHistories);
  static_assert(std::size(kFirstWeights) == 2 + kHistories);
  for (auto& table : tables_) table.resize(std::size_t{1} << (64 - shift_));
}

Probability EndMixer::predict(const ContextMixer& bytes, std::size_t lane, std::size_t length,
                              Probability model) {
  const Logistic& tables = logistic();
  const LaneContexts& contexts = bytes.contexts(lane);
  const std::size_t known = std::min(length, kLengths - 1);
  Logit* inputs = inputs_.data();
  const Logit logit_of_model = tables.stretch(model);
  *inputs++ = logit_of_model;
  *inputs++ = tables.stretch(model_apm_.refine(logit_of_model, known));
  for (std::size_t i = 0; i < kHistories; ++i) {
    const std::uint64_t hash = hash_value(contexts.hash(kContexts[i], bytes.followers()), known);
    histories_[i] = &tables_[i][static_cast<std::size_t>(hash >> shift_)];
    *inputs++ = tables.stretch_coarsely(state_maps_[i].predict(*histories_[i]));
  }
  const std::size_t last = contexts.last() % kLastBytes;
  const std::size_t sets[] = {known, last};
  mixers_.select(sets);
  constexpr std::size_t kFinalSet[] = {0};
  final_mixer_.select(kFinalSet);
  const Logit logit = final_mixer_.mix(mixers_.mix(inputs_.data()))[0];
  const Probability refined = last_apm_.refine(logit, last * kLengths + known);
  return std::clamp((tables.squash(logit) + refined + 1) / 2, Probability{1}, kCertain);
}

void EndMixer::update(std::uint32_t bit) {
  mixers_.update(bit);
  final_mixer_.update(bit);
  last_apm_.update(bit);
  model_apm_.update(bit);
  const StateTable& states = state_table();
  for (std::size_t i = 0; i < kHistories; ++i) {
    state_maps_[i].update(bit);
    *histories_[i] = states.next(*histories_[i], bit);
  }
}

}  // namespace lmpack
