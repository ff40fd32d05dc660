// The steps of mixing in vectors of 256 bits.
#include <immintrin.h>

#include "lmpack/mixing/context_kernels.hpp"
#include "lmpack/mixing/entries_x86.hpp"
#include "lmpack/mixing/kernels_x86.hpp"
#include "lmpack/mixing/mixing_kernels.hpp"

namespace lmpack {
namespace {

constexpr std::size_t kWidth = 16;

// Each sum of 32 bits gets two products of a vector.
constexpr std::size_t kVectorsAtOnce = 8;
static_assert(2 * kVectorsAtOnce <= MixingKernels::kSummed);
constexpr std::size_t kSummedAtOnce = kVectorsAtOnce * kWidth;

SplitSums sums_of(const std::int16_t* inputs, const std::int16_t* row, std::size_t size) {
  SplitSums sums;
  for (std::size_t first = 0; first < size; first += kSummedAtOnce) {
    const std::size_t end = first + kSummedAtOnce < size ? first + kSummedAtOnce : size;
    __m256i part = _mm256_setzero_si256();
    for (std::size_t i = first; i < end; i += kWidth) {
      part = _mm256_add_epi32(part, _mm256_madd_epi16(load16(inputs + i), load16(row + i)));
    }
    sums.add(part);
  }
  return sums;
}

void mix(const std::int16_t* inputs, std::size_t size, const std::int16_t* const* rows,
         std::size_t count, std::int16_t* logits) {
  mix_rows(inputs, size, rows, count, logits,
           [&](const std::int16_t* row) { return sums_of(inputs, row, size); });
}

void train(const std::int16_t* inputs, std::size_t size, std::int16_t* const* rows,
           std::size_t count, const std::int16_t* errors) {
  for (std::size_t k = 0; k < count; ++k) {
    const __m256i error = _mm256_set1_epi16(errors[k]);
    for (std::size_t i = 0; i < size; i += kWidth) {
      const __m256i step = _mm256_mulhrs_epi16(load16(inputs + i), error);
      _mm256_store_si256(reinterpret_cast<__m256i*>(rows[k] + i),
                         _mm256_adds_epi16(load16(rows[k] + i), step));
    }
  }
}

}  // namespace

const MixingKernels kAvx2Mixing = {
    "avx2", mix, train, predict_contexts<Entries8>, learn_contexts<Entries8>,
};

}  // namespace lmpack
