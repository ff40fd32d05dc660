// AVX-512 with the tiles of AMX, which multiply 16 rows of 64 bytes at once. Compile with AVX-512
// F, BW, VL and VNNI, and AMX-TILE and AMX-INT8.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lmpack/engine/simd/avx512.hpp"

namespace lmpack {
namespace {

struct Amx : Avx512 {
  static constexpr const char* kName = "amx";
  static constexpr int kTileRows = 16;
  static constexpr int kTileBytes = 64;
};

// What each tile register holds: rows and bytes of a row (palette 1 of the processor).
struct alignas(64) TileShapes {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};

  void set(int tile, std::size_t row_count, std::size_t bytes) {
    rows[tile] = static_cast<std::uint8_t>(row_count);
    row_bytes[tile] = static_cast<std::uint16_t>(bytes);
  }
};

// The tile registers, from here to the end of the block. Instructions and not intrinsics: those of
// GCC 12 do not say that they read memory.
class Tiles {
 public:
  explicit Tiles(const TileShapes& shapes) { asm volatile("ldtilecfg %0" : : "m"(shapes)); }
  ~Tiles() { asm volatile("tilerelease"); }
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;

  template <int kTile>
  static void clear() {
    asm volatile("tilezero %%tmm%c0" : : "i"(kTile));
  }
  template <int kTile>
  static void load(const void* from, std::size_t stride) {
    asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(stride), "i"(kTile) : "memory");
  }
  template <int kTile>
  static void store(void* to, std::size_t stride) {
    asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(stride), "i"(kTile) : "memory");
  }
  // sums += left (0 to 255) * right (-128 to 127)
  template <int kSums, int kLeft, int kRight>
  static void multiply() {
    asm volatile("tdpbusd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(kSums), "i"(kLeft), "i"(kRight));
  }
};

}  // namespace
}  // namespace lmpack
