#include "lmpack/engine/kernel_sets.hpp"
#include "lmpack/engine/kernels_of.hpp"
#include "lmpack/engine/simd/dotprod.hpp"

namespace lmpack {

constinit const Kernels kDotprodKernels = kernels_of<Neon<SignedDot>>();

}  // namespace lmpack
