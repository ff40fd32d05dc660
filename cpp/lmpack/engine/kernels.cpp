#include "lmpack/engine/kernels.hpp"

#include <algorithm>
#include <cstddef>

#include "lmpack/engine/kernel_sets.hpp"
#include "lmpack/processor.hpp"

#if defined(LMPACK_X86_KERNELS)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#elif defined(LMPACK_ARM_KERNELS)
#if defined(__APPLE__)
#include <sys/sysctl.h>
#else
#include <sys/auxv.h>
#endif
#endif

namespace lmpack {
namespace {

#if defined(LMPACK_X86_KERNELS)

// Compilers name this feature only since late; the use of its registers is that of AVX2.
bool has_avxvnni() {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & (1U << 4)) != 0;
}

// The tiles of AMX, if the operating system lets this process have them: Linux wants to be asked.
bool may_use_tiles() {
#if defined(__linux__)
  constexpr long kRequestPermission = 0x1023;
  constexpr long kTileData = 18;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  constexpr unsigned kTilesOfBytes = 1U << 24 | 1U << 25;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 &&
         (edx & kTilesOfBytes) == kTilesOfBytes &&
         syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

// Those that need the operating system's permission.
void find_permitted_kernels(std::vector<const Kernels*>& found) {
  __builtin_cpu_init();
  if (has_avx512() && may_use_tiles()) found.push_back(&kAmxKernels);
}

void find_special_kernels(std::vector<const Kernels*>& found) {
  // These ask for the operating system's consent to the registers, too.
  __builtin_cpu_init();
  if (has_avx512()) found.push_back(&kAvx512Kernels);
  if (__builtin_cpu_supports("avx2") && has_avxvnni()) found.push_back(&kAvxVnniKernels);
  if (__builtin_cpu_supports("avx2")) found.push_back(&kAvx2Kernels);
}

#elif defined(LMPACK_ARM_KERNELS)

void find_permitted_kernels(std::vector<const Kernels*>&) {}

#if defined(__APPLE__)

// What macOS says of a feature of the processor; a name that it does not know is a feature less.
bool has_feature(const char* name) {
  int value = 0;
  std::size_t size = sizeof(value);
  return sysctlbyname(name, &value, &size, nullptr, 0) == 0 && value != 0;
}

bool has_i8mm() { return has_feature("hw.optional.arm.FEAT_I8MM"); }
bool has_dotprod() { return has_feature("hw.optional.arm.FEAT_DotProd"); }

#else

// Bits of Linux's auxiliary vector, by name only in late headers.
bool has_i8mm() { return (getauxval(AT_HWCAP2) & (1UL << 13)) != 0; }
bool has_dotprod() { return (getauxval(AT_HWCAP) & (1UL << 20)) != 0; }

#endif

void find_special_kernels(std::vector<const Kernels*>& found) {
  if (has_i8mm()) found.push_back(&kI8mmKernels);
  if (has_dotprod()) found.push_back(&kDotprodKernels);
}

#else

void find_permitted_kernels(std::vector<const Kernels*>&) {}

void find_special_kernels(std::vector<const Kernels*>&) {}

#endif

std::vector<const Kernels*> list_kernels(bool with_permission) {
  std::vector<const Kernels*> found;
  if (with_permission) find_permitted_kernels(found);
  find_special_kernels(found);
  found.push_back(&kPortableKernels);
  return found;
}

}  // namespace

const std::vector<const Kernels*>& available_kernels() {
  static const std::vector<const Kernels*> kernels = list_kernels(true);
  return kernels;
}

const Kernels* find_kernels(std::string_view name) {
  const auto find_in = [&](const std::vector<const Kernels*>& kernels) {
    const auto found = std::ranges::find(kernels, name, &Kernels::name);
    return found == kernels.end() ? nullptr : *found;
  };
  static const std::vector<const Kernels*> without_permission = list_kernels(false);
  if (const Kernels* found = find_in(without_permission)) return found;
  return find_in(available_kernels());
}

}  // namespace lmpack
