#include "lmpack/decoder/kernel_sets.hpp"
#include "lmpack/decoder/kernels_of.hpp"
#include "lmpack/engine/simd/portable.hpp"

namespace lmpack {

constinit const DecoderKernels kPortableDecoderKernels = decoder_kernels_of<Portable>();

}  // namespace lmpack
