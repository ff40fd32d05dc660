#include "lmpack/engine/kernel_sets.hpp"
#include "lmpack/engine/kernels_of.hpp"
#include "lmpack/engine/simd/avx512.hpp"

namespace lmpack {

constinit const Kernels kAvx512Kernels = kernels_of<Avx512>();

}  // namespace lmpack
