// What several kernels do with each element after a product, over a set of vectors.
#pragma once

#include <cstdint>

#include "lmpack/engine/arithmetic.hpp"

namespace lmpack {
namespace {

template <typename Simd>
struct ElementwiseOf {
  using Ints = typename Simd::Ints;
  using Floats = typename Simd::Floats;

  static Floats clip(Floats values, float low, float high) {
    return Simd::min(Simd::max(values, Simd::broadcast(low)), Simd::broadcast(high));
  }

  // One output of a matrix: the sum as float (exact, below 2**24), times its multiplier.
  static Floats scaled(Ints sums, const float* multiplier) {
    return Simd::mul(Simd::to_floats(sums), Simd::load(multiplier));
  }

  static void store_with_zero_point(std::uint8_t* to, Floats values) {
    const Ints rounded = Simd::round(clip(values, -kActivationLimit, kActivationLimit));
    Simd::store_bytes(to, Simd::add(rounded, Simd::broadcast(kZeroPoint)));
  }

  // `squarings` squarings of max(score - shift, floor): never above the base of the largest score.
  template <int kSquarings>
  static Floats power(Floats scores, Floats shift, float floor) {
    Floats value = Simd::max(Simd::sub(scores, shift), Simd::broadcast(floor));
    for (int i = 0; i < kSquarings; ++i) value = Simd::mul(value, value);
    return value;
  }
};

}  // namespace
}  // namespace lmpack
