#include "lmpack/engine/kernel_sets.hpp"
#include "lmpack/engine/kernels_of.hpp"
#include "lmpack/engine/simd/portable.hpp"

namespace lmpack {

constinit const Kernels kPortableKernels = kernels_of<Portable>();

}  // namespace lmpack
