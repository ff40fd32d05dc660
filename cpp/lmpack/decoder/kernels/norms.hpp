// Normalisation from integer sums, over a set of vectors: see ../kernels.hpp.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "lmpack/decoder/arithmetic.hpp"
#include "lmpack/decoder/kernels.hpp"
#include "lmpack/decoder/kernels/rotation.hpp"

namespace lmpack {
namespace {

template <typename Simd>
struct NormsOf {
  using Floats = typename Simd::Floats;

  // The values as integers up to 2^20.
  static void to_integers(const float* values, std::size_t channels, float steps,
                          std::int32_t* integers) {
    const Floats factor = Simd::broadcast(steps);
    for (std::size_t i = 0; i < channels; i += kPanelColumns) {
      Simd::store(integers + i, Simd::round(Simd::mul(Simd::load(values + i), factor)));
    }
  }

  static double sum(const std::int32_t* integers, std::size_t channels) {
    std::int64_t result = 0;
    for (std::size_t i = 0; i < channels; ++i) result += integers[i];
    return static_cast<double>(result);
  }

  // Below 2^53, so the float64 is exact.
  static double sum_of_squares(const std::int32_t* integers, std::size_t channels) {
    std::int64_t result = 0;
    for (std::size_t i = 0; i < channels; ++i) result += std::int64_t{integers[i]} * integers[i];
    return static_cast<double>(result);
  }

  static void normalize(const DecoderNorm& norm, std::size_t channels, std::int32_t* scratch,
                        float* values) {
    const float steps = kNormSteps / RotationOf<Simd>::maximum(values, channels);
    to_integers(values, channels, steps, scratch);
    const auto count = static_cast<double>(channels);
    const auto unit = static_cast<double>(steps);
    const double squares = sum_of_squares(scratch, channels) / count;
    const double epsilon = unit * unit * static_cast<double>(norm.epsilon);
    if (norm.layer) {
      const double mean = sum(scratch, channels) / count;
      const double spread = squares - mean * mean;
      const double variance = spread > 0 ? spread : 0;
      const auto inverse = static_cast<float>(unit / std::sqrt(variance + epsilon));
      shift_and_scale(norm, channels, static_cast<float>(mean / unit), inverse, values);
    } else {
      scale(norm, channels, static_cast<float>(unit / std::sqrt(squares + epsilon)), values);
    }
  }

  static void scale(const DecoderNorm& norm, std::size_t channels, float inverse, float* values) {
    const Floats factor = Simd::broadcast(inverse);
    for (std::size_t i = 0; i < channels; i += kPanelColumns) {
      const Floats value = Simd::mul(Simd::load(values + i), factor);
      Simd::store(values + i, Simd::mul(value, Simd::load(norm.gain + i)));
    }
  }

  static void shift_and_scale(const DecoderNorm& norm, std::size_t channels, float mean,
                              float inverse, float* values) {
    const Floats shift = Simd::broadcast(mean);
    const Floats factor = Simd::broadcast(inverse);
    for (std::size_t i = 0; i < channels; i += kPanelColumns) {
      const Floats value = Simd::mul(Simd::sub(Simd::load(values + i), shift), factor);
      const Floats scaled = Simd::mul(value, Simd::load(norm.gain + i));
      Simd::store(values + i, Simd::add(scaled, Simd::load(norm.bias + i)));
    }
  }
};

}  // namespace
}  // namespace lmpack
