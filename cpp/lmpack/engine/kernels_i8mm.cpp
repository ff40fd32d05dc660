#include "lmpack/engine/kernel_sets.hpp"
#include "lmpack/engine/kernels_of.hpp"
#include "lmpack/engine/simd/i8mm.hpp"

namespace lmpack {

constinit const Kernels kI8mmKernels = kernels_of<Neon<MixedDot>>();

}  // namespace lmpack
