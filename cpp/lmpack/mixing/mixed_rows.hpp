// Mixing row by row, for kernels that sum up one at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lmpack/mixing/mixing_kernels.hpp"

namespace lmpack {
namespace {

// MixingKernels::mix with SumOf(inputs, row, size), in 64 bits.
template <auto SumOf>
void mix_rows(const std::int16_t* inputs, std::size_t size, const std::int16_t* const* rows,
              std::size_t count, std::int16_t* logits) {
  constexpr std::int64_t kLimit = MixingKernels::kLargestInput;
  for (std::size_t k = 0; k < count; ++k) {
    const std::int64_t logit = SumOf(inputs, rows[k], size) >> MixingKernels::kWeightBits;
    logits[k] = static_cast<std::int16_t>(std::clamp(logit, -kLimit, kLimit));
  }
}

}  // namespace
}  // namespace lmpack
