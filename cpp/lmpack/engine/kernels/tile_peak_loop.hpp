// A loop that does nothing but products in the tile registers of AMX: see kernels.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lmpack/engine/kernels/peak_loop.hpp"
#include "lmpack/engine/simd/amx.hpp"

namespace lmpack {
namespace {

template <>
struct PeakLoopOf<Amx> {
  static constexpr std::size_t kSums = 4;
  static constexpr std::size_t kProductsPerRound =
      kSums * Amx::kTileRows * kPanelColumns * Amx::kTileBytes;

  static std::int32_t run(std::size_t rounds) {
    std::uint8_t operand[Amx::kTileRows * Amx::kTileBytes];
    for (std::size_t i = 0; i < sizeof(operand); ++i) operand[i] = static_cast<std::uint8_t>(i);
    TileShapes shapes;
    for (int tile = 0; tile < 6; ++tile) shapes.set(tile, Amx::kTileRows, Amx::kTileBytes);
    const Tiles tiles(shapes);
    unroll<kSums>([](auto i) LMPACK_INLINE { Tiles::clear<i.value>(); });
    Tiles::load<4>(operand, Amx::kTileBytes);
    Tiles::load<5>(operand, Amx::kTileBytes);
    for (std::size_t round = 0; round < rounds; ++round) {
      unroll<kSums>([](auto i) LMPACK_INLINE { Tiles::multiply<i.value, 4, 5>(); });
    }
    std::int32_t sums[Amx::kTileRows][kPanelColumns];
    std::int32_t result = 0;
    unroll<kSums>([&](auto i) LMPACK_INLINE {
      Tiles::store<i.value>(sums, Amx::kTileBytes);
      result ^= sums[i.value][i.value];
    });
    return result;
  }
};

}  // namespace
}  // namespace lmpack
