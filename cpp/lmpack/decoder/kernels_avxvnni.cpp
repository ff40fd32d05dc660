#include "lmpack/decoder/kernel_sets.hpp"
#include "lmpack/decoder/kernels_of.hpp"
#include "lmpack/engine/simd/avxvnni.hpp"

namespace lmpack {

constinit const DecoderKernels kAvxVnniDecoderKernels = decoder_kernels_of<Avx2<VnniDot>>();

}  // namespace lmpack
