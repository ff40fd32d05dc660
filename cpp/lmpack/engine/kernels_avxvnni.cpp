#include "lmpack/engine/kernel_sets.hpp"
#include "lmpack/engine/kernels_of.hpp"
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

constinit const Kernels kAvxVnniKernels = kernels_of<Avx2<VnniDot>>();

}  // namespace lmpack
