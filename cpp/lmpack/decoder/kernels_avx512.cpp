#include "lmpack/decoder/kernel_sets.hpp"
#include "lmpack/decoder/kernels_of.hpp"
#include "lmpack/engine/simd/avx512.hpp"

namespace lmpack {

constinit const DecoderKernels kAvx512DecoderKernels = decoder_kernels_of<Avx512>();

}  // namespace lmpack
