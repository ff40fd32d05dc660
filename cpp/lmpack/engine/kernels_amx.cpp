#include "lmpack/engine/kernel_sets.hpp"
#include "lmpack/engine/kernels/tile_peak_loop.hpp"
#include "lmpack/engine/kernels/tile_product.hpp"
#include "lmpack/engine/kernels_of.hpp"
#include "lmpack/engine/simd/amx.hpp"

namespace lmpack {

constinit const Kernels kAmxKernels = kernels_of<Amx>();

}  // namespace lmpack
