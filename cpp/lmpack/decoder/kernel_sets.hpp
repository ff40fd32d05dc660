// One table of a decoder's kernels for each set of vectors, each in a file compiled for its
// processors.
#pragma once

#include "lmpack/decoder/kernels.hpp"

namespace lmpack {

extern const DecoderKernels kAmxDecoderKernels;
extern const DecoderKernels kAvx512DecoderKernels;
extern const DecoderKernels kAvxVnniDecoderKernels;
extern const DecoderKernels kAvx2DecoderKernels;
extern const DecoderKernels kI8mmDecoderKernels;
extern const DecoderKernels kDotprodDecoderKernels;
extern const DecoderKernels kPortableDecoderKernels;

}  // namespace lmpack
