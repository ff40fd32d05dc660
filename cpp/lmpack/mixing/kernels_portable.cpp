// The steps of mixing as loops that any compiler can turn into vectors.
#include <algorithm>

#include "lmpack/mixing/context_kernels.hpp"
#include "lmpack/mixing/mixed_rows.hpp"
#include "lmpack/mixing/mixing_kernels.hpp"

namespace lmpack {
namespace {

// So many products are summed up in 32 bits.
constexpr std::size_t kPart = 16;
static_assert(kPart <= MixingKernels::kSummed && MixingKernels::kGroup % kPart == 0);

std::int64_t sum_of(const std::int16_t* inputs, const std::int16_t* row, std::size_t size) {
  std::int64_t sum = 0;
  for (std::size_t first = 0; first < size; first += kPart) {
    std::int32_t part = 0;
    for (std::size_t i = first; i < first + kPart; ++i) part += inputs[i] * row[i];
    sum += part;
  }
  return sum;
}

void mix(const std::int16_t* inputs, std::size_t size, const std::int16_t* const* rows,
         std::size_t count, std::int16_t* logits) {
  mix_rows<sum_of>(inputs, size, rows, count, logits);
}

void train(const std::int16_t* inputs, std::size_t size, std::int16_t* const* rows,
           std::size_t count, const std::int16_t* errors) {
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t i = 0; i < size; ++i) {
      const std::int32_t step = (inputs[i] * errors[k] + (1 << 14)) >> 15;
      rows[k][i] = static_cast<std::int16_t>(std::clamp(rows[k][i] + step, -32768, 32767));
    }
  }
}

}  // namespace

const MixingKernels kPortableMixing = {
    "portable", mix, train, predict_contexts<SingleEntry>, learn_contexts<SingleEntry>,
};

}  // namespace lmpack
