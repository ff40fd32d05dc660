// One table of kernels for each set of vectors, each in a file compiled for its processors.
#pragma once

#include "lmpack/engine/kernels.hpp"

namespace lmpack {

extern const Kernels kAvx512Kernels;
extern const Kernels kAvxVnniKernels;
extern const Kernels kAvx2Kernels;
extern const Kernels kPortableKernels;

}  // namespace lmpack
