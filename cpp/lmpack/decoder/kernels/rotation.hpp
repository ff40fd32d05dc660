// From floats to 8 bits, with the Hadamard rotation or without it, over a set of vectors: see
// ../kernels.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lmpack/decoder/arithmetic.hpp"
#include "lmpack/decoder/matrix.hpp"
#include "lmpack/engine/arithmetic.hpp"
#include "lmpack/engine/kernels/elementwise.hpp"
#include "lmpack/engine/kernels/unroll.hpp"

namespace lmpack {
namespace {

template <typename Simd>
struct RotationOf {
  using Ints = typename Simd::Ints;
  using Floats = typename Simd::Floats;

  // Channels that are rotated together, of so many.
  static std::size_t block_of(std::size_t channels) {
    const std::size_t power = channels & (~channels + 1);
    return power < kLargestHadamard ? power : kLargestHadamard;
  }

  // The largest of all sizes, at least 2^-30.
  static float maximum(const float* values, std::size_t channels) {
    Floats tops = Simd::broadcast(kSmallestMaximum);
    for (std::size_t i = 0; i < channels; i += kPanelColumns) {
      tops = Simd::max(tops, Simd::abs(Simd::load(values + i)));
    }
    return Simd::largest(tops);
  }

  // Sums and differences of vectors kDistance apart.
  template <int kDistance, int kVectors>
  LMPACK_INLINE static void butterflies(Ints (&block)[kVectors]) {
    if constexpr (kDistance < kVectors) {
      unroll<kVectors>([&](auto i) LMPACK_INLINE {
        if constexpr ((i.value & kDistance) == 0) {
          const Ints first = block[i.value];
          const Ints second = block[i.value + kDistance];
          block[i.value] = Simd::add(first, second);
          block[i.value + kDistance] = Simd::sub(first, second);
        }
      });
      butterflies<2 * kDistance, kVectors>(block);
    }
  }

  // The products of the block with the rows of the Sylvester matrix.
  template <int kVectors>
  LMPACK_INLINE static void hadamard(Ints (&block)[kVectors]) {
    unroll<kVectors>([&](auto i) LMPACK_INLINE {
      Ints vector = block[i.value];
      vector = Simd::template butterfly<1>(vector);
      vector = Simd::template butterfly<2>(vector);
      vector = Simd::template butterfly<4>(vector);
      block[i.value] = Simd::template butterfly<8>(vector);
    });
    butterflies<1, kVectors>(block);
  }

  // The rotated integers of all blocks, and the largest of their sizes, at least 1.
  template <int kVectors>
  static float rotate_blocks(const float* values, std::size_t channels, float steps,
                             std::int32_t* rotated) {
    const Floats factor = Simd::broadcast(steps);
    Floats tops = Simd::broadcast(1.0F);
    for (std::size_t first = 0; first < channels; first += kVectors * kPanelColumns) {
      Ints block[kVectors];
      unroll<kVectors>([&](auto i) LMPACK_INLINE {
        const Floats vector = Simd::load(values + first + i.value * kPanelColumns);
        block[i.value] = Simd::round(Simd::mul(vector, factor));
      });
      hadamard(block);
      unroll<kVectors>([&](auto i) LMPACK_INLINE {
        tops = Simd::max(tops, Simd::abs(Simd::to_floats(block[i.value])));
        Simd::store(rotated + first + i.value * kPanelColumns, block[i.value]);
      });
    }
    return Simd::largest(tops);
  }

  static float rotate(const float* values, std::size_t channels, float limit,
                      std::int32_t zero_point, std::int32_t* scratch, std::uint8_t* bytes) {
    const float top = maximum(values, channels);
    const float steps = kRotationLimit / top;
    const std::size_t block = block_of(channels);
    const float rotated_top = block == 128  ? rotate_blocks<8>(values, channels, steps, scratch)
                              : block == 64 ? rotate_blocks<4>(values, channels, steps, scratch)
                                            : rotate_blocks<2>(values, channels, steps, scratch);
    const Floats factor = Simd::broadcast(limit / rotated_top);
    const Ints zero = Simd::broadcast(zero_point);
    for (std::size_t i = 0; i < channels; i += kPanelColumns) {
      const Floats vector = Simd::mul(Simd::to_floats(Simd::load(scratch + i)), factor);
      Simd::store_bytes(bytes + i, Simd::add(Simd::round(vector), zero));
    }
    return (top / kRotationLimit) * (rotated_top / limit);
  }

  static float quantize(const float* values, std::size_t channels, std::uint8_t* bytes) {
    const float top = maximum(values, channels);
    const Floats factor = Simd::broadcast(kRotatedLimit / top);
    const Ints zero = Simd::broadcast(kZeroPoint);
    for (std::size_t i = 0; i < channels; i += kPanelColumns) {
      const Floats vector = Simd::mul(Simd::load(values + i), factor);
      Simd::store_bytes(bytes + i, Simd::add(Simd::round(vector), zero));
    }
    return top / kRotatedLimit;
  }

  // One block of the residual stream; `groups` is where its first weights lie, in fours.
  template <int kVectors>
  static void embed_block(const std::int8_t* groups, float multiplier, const float* positions,
                          std::int32_t* residual) {
    std::int8_t column[kVectors * kPanelColumns];
    for (std::size_t i = 0; i < sizeof(column); ++i) {
      column[i] = groups[i / kGroupRows * kGroupBytes + i % kGroupRows];
    }
    Ints block[kVectors];
    unroll<kVectors>([&](auto i) LMPACK_INLINE {
      block[i.value] = Simd::widen(column + i.value * kPanelColumns);
    });
    hadamard(block);
    // Beyond this, positions and the last clip make no difference, and sums stay exact.
    constexpr float kFar = 4 * kStreamLimit;
    unroll<kVectors>([&](auto i) LMPACK_INLINE {
      const std::size_t channel = i.value * kPanelColumns;
      Floats value = Simd::mul(Simd::to_floats(block[i.value]), Simd::broadcast(multiplier));
      value = Simd::nearest(ElementwiseOf<Simd>::clip(value, -kFar, kFar));
      if (positions != nullptr) value = Simd::add(value, Simd::load(positions + channel));
      value = ElementwiseOf<Simd>::clip(value, -kStreamLimit, kStreamLimit);
      Simd::store(residual + channel, Simd::round(value));
    });
  }

  static void embed(const DecoderMatrix& embedding, std::size_t symbol, const float* positions,
                    std::int32_t* residual) {
    const float multiplier = embedding.multiplier[symbol];
    const std::size_t block = block_of(embedding.inputs);
    for (std::size_t i = 0; i < embedding.inputs; i += block) {
      const std::int8_t* groups = embedding.weights + packed_index(i, symbol, embedding.inputs);
      const float* added = positions == nullptr ? nullptr : positions + i;
      if (block == 128) {
        embed_block<8>(groups, multiplier, added, residual + i);
      } else if (block == 64) {
        embed_block<4>(groups, multiplier, added, residual + i);
      } else {
        embed_block<2>(groups, multiplier, added, residual + i);
      }
    }
  }
};

}  // namespace
}  // namespace lmpack
