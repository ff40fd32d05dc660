// Loops that are written out by the compiler.
#pragma once

#include <cstddef>

namespace lmpack {
namespace {

#if defined(__GNUC__)
#define LMPACK_INLINE __attribute__((always_inline))
#else
#define LMPACK_INLINE
#endif

template <int kValue>
struct Constant {
  static constexpr std::size_t value = kValue;
};

// body(Constant<0>()), body(Constant<1>()), ... written out, so that arrays indexed with them
// become registers.
template <int kCount, typename Body>
LMPACK_INLINE inline void unroll(const Body& body) {
  if constexpr (kCount > 0) {
    unroll<kCount - 1>(body);
    body(Constant<kCount - 1>());
  }
}

}  // namespace
}  // namespace lmpack
