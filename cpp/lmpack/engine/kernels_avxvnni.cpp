#include "lmpack/engine/kernel_sets.hpp"
#include "lmpack/engine/kernels_of.hpp"
#include "lmpack/engine/simd/avxvnni.hpp"

namespace lmpack {

constinit const Kernels kAvxVnniKernels = kernels_of<Avx2<VnniDot>>();

}  // namespace lmpack
