// The mixed dot product of ARMv8.6. Compile with FEAT_I8MM.
#pragma once

#include "lmpack/engine/simd/neon.hpp"

namespace lmpack {
namespace {

struct MixedDot {
  static constexpr const char* kName = "i8mm";
  using Columns = int8x16_t;
  using Bytes = uint8x16_t;
  static Columns columns(int8x16_t from) { return from; }
  static Bytes bytes(uint8x16_t from) { return from; }
  static int32x4_t dot(int32x4_t sums, Bytes bytes, Columns columns) {
    return vusdotq_s32(sums, bytes, columns);
  }
};

}  // namespace
}  // namespace lmpack
