// Steps of one row that need no product, over a set of vectors: see ../kernels.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lmpack/decoder/arithmetic.hpp"
#include "lmpack/engine/kernels/elementwise.hpp"
#include "lmpack/engine/packing.hpp"

namespace lmpack {
namespace {

template <typename Simd>
struct RowStepsOf {
  using Ints = typename Simd::Ints;
  using Floats = typename Simd::Floats;
  using Elementwise = ElementwiseOf<Simd>;

  static void read_stream(const std::int32_t* residual, std::size_t width, float unit,
                          float* values) {
    const Floats factor = Simd::broadcast(unit);
    for (std::size_t i = 0; i < width; i += kPanelColumns) {
      Simd::store(values + i, Simd::mul(Simd::to_floats(Simd::load(residual + i)), factor));
    }
  }

  static void add_to_stream(const float* update, std::size_t width, float steps,
                            std::int32_t* residual) {
    constexpr auto kLimit = static_cast<std::int32_t>(kStreamLimit);
    const Floats factor = Simd::broadcast(steps);
    for (std::size_t i = 0; i < width; i += kPanelColumns) {
      const Floats change =
          Elementwise::clip(Simd::mul(Simd::load(update + i), factor), -kStreamLimit, kStreamLimit);
      const Ints sum = Simd::add(Simd::load(residual + i), Simd::round(change));
      Simd::store(residual + i,
                  Simd::min(Simd::max(sum, Simd::broadcast(-kLimit)), Simd::broadcast(kLimit)));
    }
  }

  static void turn(const float* cos, const float* sin, std::size_t head_width, float* head) {
    float* other = head + head_width / 2;
    for (std::size_t i = 0; i < head_width / 2; i += kPanelColumns) {
      const Floats a = Simd::load(head + i);
      const Floats b = Simd::load(other + i);
      const Floats c = Simd::load(cos + i);
      const Floats s = Simd::load(sin + i);
      Simd::store(head + i, Simd::sub(Simd::mul(a, c), Simd::mul(b, s)));
      Simd::store(other + i, Simd::add(Simd::mul(b, c), Simd::mul(a, s)));
    }
  }

  static void activate(const float* knots, const float* differences, float range,
                       const float* factors, std::size_t channels, float* values) {
    const Floats offset = Simd::broadcast(range);
    const Floats steps = Simd::broadcast(kActivationSteps);
    for (std::size_t i = 0; i < channels; i += kPanelColumns) {
      const Floats value = Simd::load(values + i);
      const Floats place =
          Simd::mul(Simd::add(Elementwise::clip(value, -range, range), offset), steps);
      const Ints knot = Simd::truncate(place);
      const Floats beyond = Simd::sub(place, Simd::to_floats(knot));
      const Floats share = Simd::add(Simd::look_up(knots, knot),
                                     Simd::mul(beyond, Simd::look_up(differences, knot)));
      const Floats result = Simd::mul(value, share);
      Simd::store(values + i,
                  factors == nullptr ? result : Simd::mul(result, Simd::load(factors + i)));
    }
  }
};

}  // namespace
}  // namespace lmpack
