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
  std::fill(logits + count, logits + MixingKernels::kMostRows, std::int16_t{0});
}

// MixingKernels::find_errors.
void find_errors_singly(const std::int16_t* logits, const std::int16_t* rates,
                        const std::uint16_t* squashes, std::uint32_t bit, std::int16_t* errors) {
  const std::int32_t target = bit != 0 ? 1 << 16 : 0;
  for (std::size_t k = 0; k < MixingKernels::kMostRows; ++k) {
    const std::int32_t p = squashes[logits[k] + MixingKernels::kLargestInput];
    const std::int32_t error = ((target - p) * rates[k]) >> MixingKernels::kRateBits;
    errors[k] = static_cast<std::int16_t>(std::clamp(error, -32767, 32767));
  }
}

}  // namespace
}  // namespace lmpack
