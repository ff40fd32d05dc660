#include "lmpack/decoder/kernel_sets.hpp"
#include "lmpack/decoder/kernels_of.hpp"
#include "lmpack/engine/simd/avx2.hpp"

namespace lmpack {

constinit const DecoderKernels kAvx2DecoderKernels = decoder_kernels_of<Avx2<PairwiseDot>>();

}  // namespace lmpack
