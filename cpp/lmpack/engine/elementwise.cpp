#include "lmpack/engine/elementwise.hpp"

#include <cmath>

// GCC compiles these functions once for each kind of processor and glibc picks one when the program
// starts; without contraction all of them round alike.
#if defined(__x86_64__) && defined(__GNUC__) && defined(__GLIBC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define LMPACK_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define LMPACK_CLONES
#endif

namespace lmpack {

LMPACK_CLONES
void normalize(std::span<const std::int32_t> residual, std::span<std::uint8_t> activations) {
  const std::size_t size = residual.size();
  std::int64_t squares = 0;
  for (std::size_t i = 0; i < size; ++i) {
    squares += std::int64_t{residual[i]} * residual[i];
  }
  const double mean = static_cast<double>(squares) / static_cast<double>(size);
  const auto inverse = static_cast<float>(kActivationUnit / std::sqrt(mean + 1.0));
  for (std::size_t i = 0; i < size; ++i) {
    const float value = static_cast<float>(residual[i]) * inverse;
    const float rounded = round_to_even(clip(value, -kActivationLimit, kActivationLimit));
    activations[i] = static_cast<std::uint8_t>(static_cast<std::int32_t>(rounded) + kZeroPoint);
  }
}

LMPACK_CLONES
void add_to_residual(std::span<const std::int32_t> products,
                     std::span<const std::int32_t> column_sums, std::span<const float> multiplier,
                     std::span<std::int32_t> residual) {
  constexpr float kLargest = 2.0F * kResidualLimit;
  for (std::size_t i = 0; i < residual.size(); ++i) {
    const float update = scaled(products[i], column_sums[i], multiplier[i]);
    const auto rounded =
        static_cast<std::int32_t>(round_to_even(clip(update, -kLargest, kLargest)));
    const std::int32_t sum = residual[i] + rounded;
    const std::int32_t raised = sum < -kResidualLimit ? -kResidualLimit : sum;
    residual[i] = raised > kResidualLimit ? kResidualLimit : raised;
  }
}

LMPACK_CLONES
void activate(std::span<const std::int32_t> products, std::span<const std::int32_t> column_sums,
              std::span<const float> multiplier, bool squared, std::span<std::uint8_t> hidden) {
  for (std::size_t i = 0; i < hidden.size(); ++i) {
    float value = scaled(products[i], column_sums[i], multiplier[i]);
    if (squared) {
      value = clip(value, 0, kSquareLimit);
      value = value * value;
    }
    const float rounded = round_to_even(clip(value, 0, kHiddenLimit));
    hidden[i] = static_cast<std::uint8_t>(static_cast<std::int32_t>(rounded));
  }
}

LMPACK_CLONES
std::int32_t attention_weights(std::span<const std::int32_t> products,
                               std::span<const std::int32_t> key_sums, const float* bias,
                               float score_scale, std::span<float> scores,
                               std::span<std::uint8_t> weights) {
  const std::size_t count = scores.size();
  for (std::size_t i = 0; i < count; ++i) {
    scores[i] = scaled(products[i], key_sums[i], score_scale) + bias[i];
  }
  float top = scores[0];
  for (std::size_t i = 1; i < count; ++i) top = scores[i] > top ? scores[i] : top;
  const float shift = top - kAttentionBase;
  std::int32_t total = 0;
  for (std::size_t i = 0; i < count; ++i) {
    float base = scores[i] - shift;
    base = base < kAttentionFloor ? kAttentionFloor : base;
    const float second = base * base;
    const float fourth = second * second;
    const float eighth = fourth * fourth;
    const auto weight = static_cast<std::int32_t>(round_to_even(eighth * eighth));
    weights[i] = static_cast<std::uint8_t>(weight);
    total += weight;
  }
  return total;
}

LMPACK_CLONES
void output_weights(std::span<const std::int32_t> products,
                    std::span<const std::int32_t> column_sums, std::span<const float> multiplier,
                    std::span<float> scores, std::span<std::int32_t> weights) {
  const std::size_t count = weights.size();
  for (std::size_t i = 0; i < count; ++i) {
    scores[i] = scaled(products[i], column_sums[i], multiplier[i]);
  }
  float top = scores[0];
  for (std::size_t i = 1; i < count; ++i) top = scores[i] > top ? scores[i] : top;
  const float shift = top - kOutputBase;
  for (std::size_t i = 0; i < count; ++i) {
    float power = scores[i] - shift;
    power = power < kOutputFloor ? kOutputFloor : power;
    for (int squaring = 0; squaring < 6; ++squaring) power = power * power;
    // Beyond 2**22 a float has no room for round_to_even; in double there is.
    constexpr double kNoFraction = 6755399441055744.0;
    const double rounded = (static_cast<double>(power) + kNoFraction) - kNoFraction;
    weights[i] = static_cast<std::int32_t>(rounded);
  }
}

}  // namespace lmpack
