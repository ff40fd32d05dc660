// One table of kernels for each set of vectors, each in a file compiled for its processors. Which
// of the files are built depends on the processor family.
#pragma once

#include "lmpack/engine/kernels.hpp"

namespace lmpack {

extern const Kernels kAmxKernels;
extern const Kernels kAvx512Kernels;
extern const Kernels kAvxVnniKernels;
extern const Kernels kAvx2Kernels;
extern const Kernels kI8mmKernels;
extern const Kernels kDotprodKernels;
extern const Kernels kPortableKernels;

}  // namespace lmpack
