// How the functions over whole blocks go through the steps, and what they tell of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>

namespace lmpack {

// Told now and then how many steps of the block are done; what it throws ends the call.
using StepsDone = std::function<void(std::size_t steps)>;

// For those who do not want to know.
inline void no_progress(std::size_t) {}

// Steps that an encoder predicts in one go, and reports as one; bounds its memory.
inline constexpr std::size_t kEncoderSteps = 256;

// Steps between two reports of a decoder.
inline constexpr std::size_t kDecoderReport = 64;

// Calls encode(first, count) for consecutive pieces of all steps.
template <typename Encode>
void encode_in_pieces(std::size_t steps, const StepsDone& steps_done, const Encode& encode) {
  for (std::size_t first = 0; first < steps; first += kEncoderSteps) {
    const std::size_t count = std::min(kEncoderSteps, steps - first);
    encode(first, count);
    steps_done(first + count);
  }
}

// Calls decode(step) for all steps.
template <typename Decode>
void decode_in_steps(std::size_t steps, const StepsDone& steps_done, const Decode& decode) {
  for (std::size_t step = 0; step < steps; ++step) {
    decode(step);
    if (step % kDecoderReport == 0) steps_done(step + 1);
  }
}

}  // namespace lmpack
