// The steps of mixing as loops that any compiler can turn into vectors.
#include <algorithm>

#include "lmpack/mixing/context_kernels.hpp"
#include "lmpack/mixing/mixing_kernels.hpp"

namespace lmpack {
namespace {

constexpr std::size_t kHalf = MixingKernels::kGroup / 2;
static_assert(kHalf <= MixingKernels::kSummed);

void dot(const std::int16_t* inputs, std::size_t size, const std::int16_t* const* rows,
         std::size_t count, std::int64_t* sums) {
  for (std::size_t k = 0; k < count; ++k) {
    std::int64_t sum = 0;
    for (std::size_t first = 0; first < size; first += MixingKernels::kGroup) {
      for (std::size_t half = first; half < first + MixingKernels::kGroup; half += kHalf) {
        std::int32_t part = 0;
        for (std::size_t i = half; i < half + kHalf; ++i) part += inputs[i] * rows[k][i];
        sum += part;
      }
    }
    sums[k] = sum;
  }
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
    "portable",
    dot,
    train,
    predict_histories<SingleEntry>,
    learn_histories<SingleEntry>,
    predict_runs<SingleEntry>,
    learn_runs<SingleEntry>,
};

}  // namespace lmpack
