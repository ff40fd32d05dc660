// The dot product of AVX-VNNI. Compile with AVX2 and AVX-VNNI.
#pragma once

#include "lmpack/engine/simd/avx2.hpp"

namespace lmpack {
namespace {

struct VnniDot {
  static constexpr const char* kName = "avxvnni";
  static __m256i dot(__m256i sums, __m256i bytes, __m256i columns) {
    return _mm256_dpbusd_avx_epi32(sums, bytes, columns);
  }
};

}  // namespace
}  // namespace lmpack
