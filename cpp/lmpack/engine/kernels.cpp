#include "lmpack/engine/kernels.hpp"

#include "lmpack/engine/kernel_sets.hpp"

#ifdef LMPACK_X86_KERNELS
#include <cpuid.h>
#endif

namespace lmpack {
namespace {

#ifdef LMPACK_X86_KERNELS
// Compilers name this feature only since late; the use of its registers is that of AVX2.
bool has_avxvnni() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & (1U << 4)) != 0;
}
#endif

std::vector<const Kernels*> find_kernels() {
  std::vector<const Kernels*> found;
#ifdef LMPACK_X86_KERNELS
  // These ask for the operating system's consent to the registers, too.
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni")) {
    found.push_back(&kAvx512Kernels);
  }
  if (__builtin_cpu_supports("avx2") && has_avxvnni()) {
    found.push_back(&kAvxVnniKernels);
  }
  if (__builtin_cpu_supports("avx2")) found.push_back(&kAvx2Kernels);
#endif
  found.push_back(&kPortableKernels);
  return found;
}

}  // namespace

const std::vector<const Kernels*>& available_kernels() {
  static const std::vector<const Kernels*> kernels = find_kernels();
  return kernels;
}

}  // namespace lmpack
