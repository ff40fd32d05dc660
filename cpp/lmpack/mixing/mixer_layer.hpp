// Logistic mixing: weighted sums of logits, with weights that learn from every bit.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/aligned.hpp"
#include "lmpack/mixing/logistic.hpp"
#include "lmpack/mixing/mixing_kernels.hpp"

namespace lmpack {

// Mixers over the same inputs. Each has sets of weights, of which a context selects one for each
// bit; a set that has seen little learns faster.
class MixerLayer {
 public:
  static constexpr std::int32_t kOne = 1 << MixingKernels::kWeightBits;  // a weight of 1

  // How far an error moves a set of weights that has been used for n bits: by
  // rate + head_start * 32 / (min(n, 1023) + 32).
  struct Learning {
    std::int32_t rate;
    std::int32_t head_start;
  };

  // `first`: the weights that every set of every mixer starts with. `sets`: how many each mixer
  // has, for at most MixingKernels::kMostRows mixers. The kernels must outlive the layer.
  MixerLayer(const MixingKernels& kernels, std::span<const std::int16_t> first,
             std::span<const std::size_t> sets, Learning learning);

  std::size_t mixers() const { return mixers_; }

  // So many inputs there must be for that many first weights.
  static std::size_t padded(std::size_t size) {
    constexpr std::size_t kGroup = MixingKernels::kGroup;
    return (size + kGroup - 1) / kGroup * kGroup;
  }

  // Selects the sets that the mixers use for the next bit, once for each bit. slower: what their
  // rate lacks for it.
  void select(const std::size_t* sets, std::int32_t slower = 0) {
    std::int16_t* const weights = weights_.data();
    std::uint16_t* const used = used_.data();
    const std::size_t* const first = first_set_.data();
    const std::size_t size = size_;
    for (std::size_t mixer = 0, mixers = mixers_; mixer < mixers; ++mixer) {
      const std::size_t set = first[mixer] + sets[mixer];
      std::int16_t* const row = weights + set * size;
      __builtin_prefetch(row);
      rows_[mixer] = row;
      const std::uint32_t age = used[set];
      chosen_rates_[mixer] = static_cast<std::int16_t>(rates_[age] - slower);
      used[set] = static_cast<std::uint16_t>(age + (age < kAges - 1 ? 1 : 0));
    }
  }

  // The mixed logits, one for each mixer, then zeros up to padded(mixers()). inputs: logits, within
  // +-kLargestLogit, in the order of the first weights, padded with zeros, at the start of a cache
  // line; they must stay until update().
  const Logit* mix(const std::int16_t* inputs) {
    inputs_ = inputs;
    kernels_.mix(inputs, size_, rows_.data(), mixers_, logits_.data());
    return logits_.data();
  }

  // The bit that came.
  void update(std::uint32_t bit) {
    const std::int32_t target = bit != 0 ? 1 << kProbabilityBits : 0;
    for (std::size_t mixer = 0, mixers = mixers_; mixer < mixers; ++mixer) {
      const auto p = static_cast<std::int32_t>(logistic_.squash_within(logits_[mixer]));
      const std::int32_t error = (target - p) * chosen_rates_[mixer] >> kRateBits;
      errors_[mixer] = static_cast<std::int16_t>(std::clamp(error, -kLargestError, kLargestError));
    }
    kernels_.train(inputs_, size_, rows_.data(), mixers_, errors_.data());
  }

  // A layer of the same kind that this one follows; it must outlive this one, and not change. From
  // now on sets have to be taken over from there before they are selected for the first time, and
  // for the first time after start_over().
  void follow(const MixerLayer& source);
  void take_over(const std::size_t* sets);
  void start_over();

 private:
  static constexpr std::size_t kAges = 1024;
  static constexpr int kRateBits = 10;  // a rate of 1 is 2**kRateBits
  static constexpr std::int32_t kLargestError = 32767;

  template <typename Element>
  using OfMixers = std::array<Element, MixingKernels::kMostRows>;

  const MixingKernels& kernels_;
  const Logistic& logistic_ = logistic();
  std::size_t size_;  // of a set, padded
  std::size_t mixers_;
  AlignedVector<std::int16_t> weights_;    // [sets of all mixers][size_]
  std::array<std::int16_t, kAges> rates_;  // by bits that a set was used for
  std::vector<std::uint16_t> used_;        // by set: bits, below kAges
  std::vector<std::size_t> first_set_;     // by mixer
  OfMixers<std::int16_t*> rows_{};         // of the chosen sets
  OfMixers<std::int16_t> chosen_rates_{};
  const std::int16_t* inputs_ = nullptr;
  static_assert(MixingKernels::kMostRows <= MixingKernels::kGroup);
  alignas(kCacheLine) std::array<Logit, MixingKernels::kGroup> logits_{};
  OfMixers<std::int16_t> errors_{};

  const MixerLayer* source_ = nullptr;
  std::uint32_t round_ = 0;
  std::vector<std::uint32_t> rounds_;  // by set: in which it was taken from the source
};

}  // namespace lmpack
