// A loop that does nothing but products, over a set of vectors: see kernels.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lmpack/engine/kernels/unroll.hpp"
#include "lmpack/engine/packing.hpp"

namespace lmpack {
namespace {

template <typename Simd>
struct PeakLoopOf {
  using Ints = typename Simd::Ints;

  static constexpr std::size_t kProductsPerRound =
      std::size_t{Simd::kTileRows} * Simd::kTilePanels * kGroupBytes;

  // As many sums as a tile has. The left operand changes from round to round, so that no compiler
  // computes a product once for all.
  static std::int32_t run(std::size_t rounds) {
    constexpr int kRows = Simd::kTileRows;
    constexpr int kPanels = Simd::kTilePanels;
    constexpr std::size_t kPlaces = 32;
    std::uint8_t bytes[kPlaces + kRows * kGroupRows];
    std::int8_t columns[kPanels * kGroupBytes];
    for (std::size_t i = 0; i < sizeof(bytes); ++i) bytes[i] = static_cast<std::uint8_t>(i);
    for (std::size_t i = 0; i < sizeof(columns); ++i) columns[i] = static_cast<std::int8_t>(i % 64);
    Ints sums[kRows][kPanels];
    typename Simd::Columns right[kPanels];
    unroll<kPanels>([&](auto i) LMPACK_INLINE {
      right[i.value] = Simd::load_columns(columns + i.value * kGroupBytes);
      unroll<kRows>([&](auto r) LMPACK_INLINE {
        sums[r.value][i.value] = Simd::broadcast(static_cast<std::int32_t>(r.value));
      });
    });
    for (std::size_t round = 0; round < rounds; ++round) {
      unroll<kRows>([&](auto r) LMPACK_INLINE {
        const auto left = Simd::load_bytes(bytes + round % kPlaces + r.value * kGroupRows);
        unroll<kPanels>([&](auto i) LMPACK_INLINE {
          sums[r.value][i.value] = Simd::dot(sums[r.value][i.value], left, right[i.value]);
        });
      });
    }
    std::int32_t result = 0;
    unroll<kRows>([&](auto r) LMPACK_INLINE {
      unroll<kPanels>([&](auto i) LMPACK_INLINE {
        std::int32_t elements[kPanelColumns];
        Simd::store(elements, sums[r.value][i.value]);
        for (const std::int32_t element : elements) result ^= element;
      });
    });
    return result;
  }
};

}  // namespace
}  // namespace lmpack
