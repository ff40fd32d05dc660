// The steps of mixing in NEON vectors, which every AArch64 processor has.
#include <arm_neon.h>

#include "lmpack/mixing/context_kernels.hpp"
#include "lmpack/mixing/mixed_rows.hpp"
#include "lmpack/mixing/mixing_kernels.hpp"

namespace lmpack {
namespace {

constexpr std::size_t kWidth = 8;

// Each sum of 32 bits gets two products of a vector.
constexpr std::size_t kVectorsAtOnce = 8;
static_assert(2 * kVectorsAtOnce <= MixingKernels::kSummed);
constexpr std::size_t kSummedAtOnce = kVectorsAtOnce * kWidth;

std::int64_t sum_of(const std::int16_t* inputs, const std::int16_t* row, std::size_t size) {
  int64x2_t wide = vdupq_n_s64(0);
  for (std::size_t first = 0; first < size; first += kSummedAtOnce) {
    const std::size_t end = first + kSummedAtOnce < size ? first + kSummedAtOnce : size;
    int32x4_t part = vdupq_n_s32(0);
    for (std::size_t i = first; i < end; i += kWidth) {
      const int16x8_t input = vld1q_s16(inputs + i);
      const int16x8_t weight = vld1q_s16(row + i);
      part = vmlal_s16(part, vget_low_s16(input), vget_low_s16(weight));
      part = vmlal_high_s16(part, input, weight);
    }
    wide = vpadalq_s32(wide, part);
  }
  return vaddvq_s64(wide);
}

void mix(const std::int16_t* inputs, std::size_t size, const std::int16_t* const* rows,
         std::size_t count, std::int16_t* logits) {
  mix_rows<sum_of>(inputs, size, rows, count, logits);
}

void train(const std::int16_t* inputs, std::size_t size, std::int16_t* const* rows,
           std::size_t count, const std::int16_t* errors) {
  for (std::size_t k = 0; k < count; ++k) {
    const int16x8_t error = vdupq_n_s16(errors[k]);
    for (std::size_t i = 0; i < size; i += kWidth) {
      const int16x8_t step = vqrdmulhq_s16(vld1q_s16(inputs + i), error);
      vst1q_s16(rows[k] + i, vqaddq_s16(vld1q_s16(rows[k] + i), step));
    }
  }
}

}  // namespace

const MixingKernels kNeonMixing = {
    "neon", mix, train, predict_contexts<SingleEntry>, learn_contexts<SingleEntry>,
};

}  // namespace lmpack
