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

// body(Constant<count>()) for a count of 1 to kMost.
template <int kMost, typename Body>
void with_constant(std::size_t count, const Body& body) {
  if constexpr (kMost > 1) {
    if (count < kMost) return with_constant<kMost - 1>(count, body);
  }
  body(Constant<kMost>());
}

// body(Constant<n>(), row) for bands of n rows, from row `row` on: kMost, half of it and so on,
// each if as many rows are left. There are fewer than 2 * kMost.
template <int kMost, typename Body>
void in_halves(std::size_t count, std::size_t row, const Body& body) {
  if constexpr (kMost > 0) {
    if (count >= kMost) {
      body(Constant<kMost>(), row);
      count -= kMost;
      row += kMost;
    }
    in_halves<kMost / 2>(count, row, body);
  }
}

}  // namespace
}  // namespace lmpack
