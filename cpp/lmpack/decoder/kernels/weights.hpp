// From logits to the weights of tokens, over a set of vectors: see ../kernels.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lmpack/decoder/arithmetic.hpp"
#include "lmpack/engine/packing.hpp"

namespace lmpack {
namespace {

template <typename Simd>
struct WeightsOf {
  using Ints = typename Simd::Ints;

  static std::int32_t largest(const std::int16_t* logits, std::size_t vocabulary) {
    std::int16_t tops[2 * kPanelColumns];
    std::size_t i = 0;
    for (std::size_t k = 0; k < 2 * kPanelColumns; ++k) tops[k] = logits[0];
    for (; i + 2 * kPanelColumns <= vocabulary; i += 2 * kPanelColumns) {
      for (std::size_t k = 0; k < 2 * kPanelColumns; ++k) {
        tops[k] = logits[i + k] > tops[k] ? logits[i + k] : tops[k];
      }
    }
    std::int16_t top = logits[0];
    for (; i < vocabulary; ++i) top = logits[i] > top ? logits[i] : top;
    for (const std::int16_t other : tops) top = other > top ? other : top;
    return top;
  }

  // What stands behind the last token may be anything: no index leaves the table.
  static void weigh(const std::int16_t* logits, std::size_t vocabulary, const std::int32_t* exp2,
                    std::int32_t* weights) {
    constexpr std::int32_t kMostBits = 31;
    const Ints top = Simd::broadcast(largest(logits, vocabulary));
    const Ints mask = Simd::broadcast(static_cast<std::int32_t>(kLogitSteps) - 1);
    for (std::size_t i = 0; i < vocabulary; i += kPanelColumns) {
      const Ints below = Simd::sub(top, Simd::widen(logits + i));
      const Ints bits =
          Simd::min(Simd::template shift_right<kLogitStepBits>(below), Simd::broadcast(kMostBits));
      const Ints mantissa = Simd::look_up(exp2, Simd::bits_and(below, mask));
      Simd::store(weights + i, Simd::shift_right(mantissa, bits));
    }
  }
};

}  // namespace
}  // namespace lmpack
