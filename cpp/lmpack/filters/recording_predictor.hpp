// Predicts the samples of a recording, channel by channel (docs/filters.md, section 5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmpack/filters/stages.hpp"

namespace lmpack {

class RecordingPredictor {
 public:
  // For interleaved channels, at least one, of samples of 8, 16 or 24 bits with a sign.
  RecordingPredictor(std::size_t channels, int bits);

  // The next sample, within its bits.
  std::int32_t predict();

  // The sample that came, within its bits.
  void update(std::int32_t sample);

 private:
  int fraction_;  // bits that predictions have behind the point
  std::int32_t least_;
  std::int32_t largest_;
  std::vector<Stages> channels_;
  std::size_t turn_ = 0;         // the channel of the next sample
  std::int64_t prediction_ = 0;  // in units of 2**-fraction
};

}  // namespace lmpack
