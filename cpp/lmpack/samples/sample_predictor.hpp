// Predicts the samples of a recording, channel by channel (docs/mixing.md, section 7).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmpack/samples/adaptive_filter.hpp"

namespace lmpack {

class SamplePredictor {
 public:
  // For interleaved channels, at least one.
  explicit SamplePredictor(std::size_t channels);

  // The next sample, as 16 bits hold it.
  std::int32_t predict();

  // The sample that came, -32768 to 32767.
  void update(std::int32_t sample);

 private:
  static constexpr std::size_t kStages = 3;

  // Each stage predicts what the one before has left.
  struct Channel {
    std::vector<AdaptiveFilter> stages;
    std::array<std::int32_t, kStages> weights;  // in units of 2**-16
    std::array<std::int32_t, kStages> parts{};  // what each stage predicts
  };

  std::vector<Channel> channels_;
  std::size_t turn_ = 0;  // the channel of the next sample
  std::int32_t prediction_ = 0;
};

}  // namespace lmpack
