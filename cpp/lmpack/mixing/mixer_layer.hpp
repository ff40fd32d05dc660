// Logistic mixing: weighted sums of logits, with weights that learn from every bit.
#pragma once

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
  static constexpr std::int32_t kOne = 1 << 14;  // a weight of 1

  // How far an error moves a set of weights that has been used for n bits: by
  // rate + head_start * 32 / (min(n, 1023) + 32).
  struct Learning {
    std::int32_t rate;
    std::int32_t head_start;
  };

  // `first`: the weights that every set of every mixer starts with. `sets`: how many each mixer
  // has. The kernels must outlive the layer.
  MixerLayer(const MixingKernels& kernels, std::span<const std::int16_t> first,
             std::span<const std::size_t> sets, Learning learning);

  std::size_t mixers() const { return logits_.size(); }

  // The logits to mix, within +-kLargestLogit, in the order of the first weights.
  std::int16_t* inputs() { return inputs_.data(); }

  // Selects the set that a mixer uses for the next bit.
  void select(std::size_t mixer, std::size_t set) { chosen_[mixer] = first_set_[mixer] + set; }

  // The mixed logits, one for each mixer.
  std::span<const Logit> mix();

  // The bit that came.
  void update(std::uint32_t bit);

 private:
  static constexpr std::size_t kAges = 1024;

  // The kernels' steps for few inputs.
  void narrow_dot();
  void narrow_train();

  const MixingKernels& kernels_;
  std::size_t size_;  // of a set, padded unless there are few inputs
  AlignedVector<std::int16_t> inputs_;
  AlignedVector<std::int16_t> weights_;    // [sets of all mixers][size_]
  std::array<std::int16_t, kAges> rates_;  // by bits that a set was used for
  std::vector<std::uint16_t> used_;        // by set: bits, below kAges
  std::vector<std::size_t> first_set_;     // by mixer
  std::vector<std::size_t> chosen_;        // by mixer: the number of a set
  std::vector<std::int16_t*> rows_;        // of the chosen sets
  std::vector<std::int64_t> sums_;
  std::vector<std::int16_t> errors_;
  std::vector<Logit> logits_;
};

}  // namespace lmpack
