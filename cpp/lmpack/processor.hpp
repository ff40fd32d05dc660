// Which processors may run the kernels for AVX-512.
#pragma once

namespace lmpack {

#if defined(LMPACK_X86_KERNELS)
// All that CMakeLists.txt compiles these kernels for: compilers may use any of it anywhere in them.
inline bool has_avx512() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}
#endif

}  // namespace lmpack
