// Which sets of weights the mixers use.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmpack/mixing/contexts/lane_contexts.hpp"
#include "lmpack/mixing/match_inputs.hpp"
#include "lmpack/mixing/mixing_kernels.hpp"
#include "lmpack/mixing/predictor_parts.hpp"

namespace lmpack {

// A selector for each mixer, which gives the number of a set for every bit.
class WeightSets {
 public:
  WeightSets(const std::vector<Selector>& selectors, std::size_t models);

  // How many sets each mixer has.
  const std::vector<std::size_t>& counts() const { return counts_; }

  // Starts a byte. seen_orders: how many contexts of whole last bytes have seen something.
  void start_byte(const LaneContexts& contexts, std::size_t seen_orders);

  // Starts a bit; the contexts must stay as they were for the byte.
  void start_bit(std::uint32_t prefix, int bit, const MatchInputs& matches);

  // What the models say of the bit, if there are any: their mean logit.
  void hear_models(int logit, const MatchInputs& matches);

  // The sets for the bit, by mixer.
  const std::size_t* chosen() const { return chosen_.data(); }

 private:
  struct Mixer {
    std::size_t number;
    Selector selector;
    // Most selectors give start + bit * step for all bits of a byte.
    std::size_t start = 0;
    std::size_t step = 0;
  };

  std::vector<Mixer> steady_;
  std::vector<Mixer> changing_;  // that each bit selects anew
  std::vector<Mixer> hearing_;   // that models select
  std::vector<std::size_t> counts_;
  const LaneContexts* contexts_ = nullptr;
  std::array<std::size_t, MixingKernels::kMostRows> chosen_{};
};

}  // namespace lmpack
