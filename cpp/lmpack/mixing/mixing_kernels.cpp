#include "lmpack/mixing/mixing_kernels.hpp"

#include "lmpack/processor.hpp"

namespace lmpack {
namespace {

std::vector<const MixingKernels*> find_kernels() {
  std::vector<const MixingKernels*> found;
#if defined(LMPACK_X86_KERNELS)
  __builtin_cpu_init();
  if (has_avx512()) found.push_back(&kAvx512Mixing);
  if (__builtin_cpu_supports("avx2")) found.push_back(&kAvx2Mixing);
#elif defined(LMPACK_ARM_KERNELS)
  found.push_back(&kNeonMixing);
#endif
  found.push_back(&kPortableMixing);
  return found;
}

}  // namespace

const std::vector<const MixingKernels*>& available_mixing_kernels() {
  static const std::vector<const MixingKernels*> kernels = find_kernels();
  return kernels;
}

}  // namespace lmpack
