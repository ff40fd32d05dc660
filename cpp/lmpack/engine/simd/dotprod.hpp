// The dot product of ARMv8.2. Compile with FEAT_DotProd.
#pragma once

#include "lmpack/engine/simd/neon.hpp"

namespace lmpack {
namespace {

// Both operands of this instruction are signed. A byte of 0 to 255 is its low seven bits, and 128
// where the top bit is set; as a signed byte the top bit is -128, so it takes the negated columns.
struct SignedDot {
  static constexpr const char* kName = "dotprod";
  struct Columns {
    int8x16_t plain, negated;
  };
  struct Bytes {
    int8x16_t low, top;
  };
  static Columns columns(int8x16_t from) { return {from, vnegq_s8(from)}; }
  static Bytes bytes(uint8x16_t from) {
    return {vreinterpretq_s8_u8(vandq_u8(from, vdupq_n_u8(0x7F))),
            vreinterpretq_s8_u8(vandq_u8(from, vdupq_n_u8(0x80)))};
  }
  static int32x4_t dot(int32x4_t sums, Bytes bytes, const Columns& columns) {
    return vdotq_s32(vdotq_s32(sums, bytes.low, columns.plain), bytes.top, columns.negated);
  }
};

}  // namespace
}  // namespace lmpack
