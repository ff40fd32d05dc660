#include "lmpack/decoder/kernel_sets.hpp"
#include "lmpack/decoder/kernels_of.hpp"
#include "lmpack/engine/kernels/tile_product.hpp"
#include "lmpack/engine/simd/amx.hpp"

namespace lmpack {

constinit const DecoderKernels kAmxDecoderKernels = decoder_kernels_of<Amx>();

}  // namespace lmpack
