#include "lmpack/engine/kernel_sets.hpp"
#include "lmpack/engine/kernels_of.hpp"
#include "lmpack/engine/simd/avx2.hpp"

namespace lmpack {

constinit const Kernels kAvx2Kernels = kernels_of<Avx2<PairwiseDot>>();

}  // namespace lmpack
