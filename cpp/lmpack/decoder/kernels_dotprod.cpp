#include "lmpack/decoder/kernel_sets.hpp"
#include "lmpack/decoder/kernels_of.hpp"
#include "lmpack/engine/simd/dotprod.hpp"

namespace lmpack {

constinit const DecoderKernels kDotprodDecoderKernels = decoder_kernels_of<Neon<SignedDot>>();

}  // namespace lmpack
