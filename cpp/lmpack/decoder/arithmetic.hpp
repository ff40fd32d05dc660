// The constants of the forward pass of a decoder (docs/decoder_model.md).
#pragma once

#include <cstddef>
#include <cstdint>

namespace lmpack {

inline constexpr int kDecoderWeightLimit = 64;
inline constexpr float kRotatedLimit = 127;
inline constexpr float kRotatedKeyLimit = 64;
inline constexpr float kRotationLimit = 32767;
inline constexpr float kSmallestMaximum = 0x1p-30F;
inline constexpr std::size_t kLargestHadamard = 128;
inline constexpr float kNormSteps = 0x1p20F;
inline constexpr float kProjectionLimit = 0x1p36F;
inline constexpr float kProjectionStep = 0x1p-16F;
inline constexpr float kStreamLimit = 0x1p23F;
inline constexpr float kLogitLimit = 32000;
inline constexpr float kScoreRange = 24;
inline constexpr float kScoreSteps = 128;
inline constexpr std::size_t kScoreKnots = 3073;
inline constexpr std::int32_t kAttentionTop = 65535;
inline constexpr float kActivationSteps = 64;
inline constexpr int kLogitStepBits = 8;
inline constexpr std::size_t kLogitSteps = std::size_t{1} << kLogitStepBits;
inline constexpr std::int32_t kLargestWeight = std::int32_t{1} << 30;

// The score of a slot that a query does not see: finite, and far below all that it sees.
inline constexpr float kUnseenScore = -0x1p120F;

}  // namespace lmpack
