// The constants of the forward pass (docs/model.md).
#pragma once

#include <cstdint>

#include "lmpack/exact_floats.hpp"

namespace lmpack {

inline constexpr std::int32_t kZeroPoint = 128;
inline constexpr float kActivationLimit = 127;
inline constexpr float kKeyLimit = 64;
inline constexpr float kHiddenLimit = 255;
// The specification clips to 16, squares, and takes at most 255: the square of this value is
// rounded to 255, and so is that of all which lies between them.
inline constexpr float kHiddenRoot = 0x1.ff3p+3F;
static_assert(kHiddenRoot * kHiddenRoot >= 255 && kHiddenRoot * kHiddenRoot < 255.5F);
inline constexpr std::int32_t kResidualLimit = 32767;
inline constexpr float kUpdateLimit = 2.0F * kResidualLimit;
inline constexpr double kActivationUnit = 32;
inline constexpr std::int32_t kEmbeddingStep = 8;
inline constexpr float kAttentionBase = 0x1.69f33cp+0F;
inline constexpr float kAttentionFloor = 0.7F;
inline constexpr float kAttentionGain = 2;
inline constexpr int kAttentionSquarings = 4;
inline constexpr float kOutputBase = 0x1.486a2cp+0F;
inline constexpr float kOutputFloor = 0.9F;
inline constexpr int kOutputSquarings = 6;

// The score of a slot that a query does not see: finite, and far below what any floor lets through.
inline constexpr float kInvisible = -1e30F;

}  // namespace lmpack
