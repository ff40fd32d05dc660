#include "lmpack/decoder/kernel_sets.hpp"
#include "lmpack/decoder/kernels_of.hpp"
#include "lmpack/engine/simd/i8mm.hpp"

namespace lmpack {

constinit const DecoderKernels kI8mmDecoderKernels = decoder_kernels_of<Neon<MixedDot>>();

}  // namespace lmpack
