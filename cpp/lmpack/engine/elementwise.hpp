// The steps of the forward pass between integer products (docs/model.md). Every float operation is
// rounded once: this code must not be compiled with contraction or fast-math.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lmpack {

inline constexpr std::int32_t kZeroPoint = 128;
inline constexpr float kActivationLimit = 127;
inline constexpr float kKeyLimit = 64;
inline constexpr float kHiddenLimit = 255;
inline constexpr float kSquareLimit = 16;
inline constexpr std::int32_t kResidualLimit = 32767;
inline constexpr double kActivationUnit = 32;
inline constexpr std::int32_t kEmbeddingStep = 8;
inline constexpr float kAttentionBase = 0x1.69f33cp+0F;
inline constexpr float kAttentionFloor = 0.7F;
inline constexpr float kAttentionGain = 2;
inline constexpr float kOutputBase = 0x1.486a2cp+0F;
inline constexpr float kOutputFloor = 0.9F;

// One output of a matrix before it is scaled: the product, less what the zero point added, as
// float (exact, below 2**24), times the multiplier.
inline float scaled(std::int32_t product, std::int32_t column_sum, float multiplier) {
  return static_cast<float>(product - kZeroPoint * column_sum) * multiplier;
}

// Round half to even of a value within +-2**22: adding 1.5 * 2**23 leaves no fraction bits.
inline float round_to_even(float value) {
  constexpr float kNoFraction = 12582912.0F;
  return (value + kNoFraction) - kNoFraction;
}

inline float clip(float value, float low, float high) {
  const float raised = value < low ? low : value;
  return raised > high ? high : raised;
}

// RMS normalisation of the residual stream to activations with the zero point 128.
void normalize(std::span<const std::int32_t> residual, std::span<std::uint8_t> activations);

// residual += round(update), clipped to 16 bits. The update is products * multiplier, after the
// zero point is taken out with the column sums (all 0 where the left operand had none).
void add_to_residual(std::span<const std::int32_t> products,
                     std::span<const std::int32_t> column_sums, std::span<const float> multiplier,
                     std::span<std::int32_t> residual);

// The hidden layer 0 .. 255 from its products.
void activate(std::span<const std::int32_t> products, std::span<const std::int32_t> column_sums,
              std::span<const float> multiplier, bool squared, std::span<std::uint8_t> hidden);

// Attention weights 0 .. 255 of one query over its visible slots, and their sum. `products` are
// those of the query with zero point; `bias` starts at the bias of the first slot; `scores` is
// working memory.
std::int32_t attention_weights(std::span<const std::int32_t> products,
                               std::span<const std::int32_t> key_sums, const float* bias,
                               float score_scale, std::span<float> scores,
                               std::span<std::uint8_t> weights);

// The quantized probabilities from the products of the head; `scores` is working memory.
void output_weights(std::span<const std::int32_t> products,
                    std::span<const std::int32_t> column_sums, std::span<const float> multiplier,
                    std::span<float> scores, std::span<std::int32_t> weights);

}  // namespace lmpack
