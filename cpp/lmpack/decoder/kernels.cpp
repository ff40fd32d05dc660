#include "lmpack/decoder/kernels.hpp"

#include <string>

#include "lmpack/decoder/kernel_sets.hpp"
#include "lmpack/error.hpp"

namespace lmpack {
namespace {

#if defined(LMPACK_X86_KERNELS)
constexpr const DecoderKernels* kBuilt[] = {&kAmxDecoderKernels, &kAvx512DecoderKernels,
                                            &kAvxVnniDecoderKernels, &kAvx2DecoderKernels,
                                            &kPortableDecoderKernels};
#elif defined(LMPACK_ARM_KERNELS)
constexpr const DecoderKernels* kBuilt[] = {&kI8mmDecoderKernels, &kDotprodDecoderKernels,
                                            &kPortableDecoderKernels};
#else
constexpr const DecoderKernels* kBuilt[] = {&kPortableDecoderKernels};
#endif

}  // namespace

const DecoderKernels& decoder_kernels(const Kernels& kernels) {
  for (const DecoderKernels* built : kBuilt) {
    if (built->name == kernels.name) return *built;
  }
  throw InvalidArgument("there are no kernels of decoders named " + std::string(kernels.name));
}

}  // namespace lmpack
