// Products with a matrix, and the check of one, over a set of vectors: see ../kernels.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lmpack/decoder/arithmetic.hpp"
#include "lmpack/decoder/kernels.hpp"
#include "lmpack/engine/arithmetic.hpp"
#include "lmpack/engine/kernels/elementwise.hpp"
#include "lmpack/engine/kernels/product.hpp"

namespace lmpack {
namespace {

template <typename Simd>
struct DecoderProductsOf {
  using Ints = typename Simd::Ints;
  using Floats = typename Simd::Floats;
  using Elementwise = ElementwiseOf<Simd>;

  template <typename Finish>
  static void product(const Rows& rows, const DecoderMatrix& matrix, const Finish& finish) {
    const std::int32_t* compensation = matrix.compensation;
    ProductOf<Simd>::product_from_memory(
        {rows.at, rows.stride, rows.count, matrix.weights, matrix.inputs, matrix.inputs,
         matrix.outputs},
        [=](std::size_t column) { return Simd::load(compensation + column); }, finish);
  }

  static Floats scaled(Ints sums, float scale, const float* multiplier) {
    return Simd::mul(Simd::mul(Simd::to_floats(sums), Simd::broadcast(scale)),
                     Simd::load(multiplier));
  }

  static void project(const ScaledRows& left, const DecoderMatrix& matrix, float* out,
                      std::size_t stride) {
    product(left.rows, matrix, [&](std::size_t row, std::size_t column, Ints sums) {
      const Floats value = scaled(sums, left.scales[row], matrix.multiplier + column);
      const Floats steps =
          Simd::nearest(Elementwise::clip(value, -kProjectionLimit, kProjectionLimit));
      Floats result = Simd::mul(steps, Simd::broadcast(kProjectionStep));
      if (matrix.bias != nullptr) result = Simd::add(result, Simd::load(matrix.bias + column));
      Simd::store(out + row * stride + column, result);
    });
  }

  static void logits(const ScaledRows& left, const DecoderMatrix& head, std::int16_t* out,
                     std::size_t stride) {
    product(left.rows, head, [&](std::size_t row, std::size_t column, Ints sums) {
      const Floats value = scaled(sums, left.scales[row], head.multiplier + column);
      Simd::store_halves(out + row * stride + column,
                         Simd::round(Elementwise::clip(value, -kLogitLimit, kLogitLimit)));
    });
  }

  static bool sum_columns(const std::int8_t* weights, std::size_t inputs, std::size_t outputs,
                          std::int32_t* compensation) {
    constexpr std::uint8_t kOnes[kGroupRows] = {1, 1, 1, 1};
    const auto ones = Simd::load_bytes(kOnes);
    std::uint8_t most[kGroupBytes] = {};  // of each place of a group: the largest weight + 64
    for (std::size_t column = 0; column < outputs; column += kPanelColumns) {
      Ints sums = Simd::broadcast(std::int32_t{0});
      for (std::size_t row = 0; row < inputs; row += kGroupRows, weights += kGroupBytes) {
        sums = Simd::dot(sums, ones, Simd::load_columns(weights));
        for (std::size_t i = 0; i < kGroupBytes; ++i) {
          const auto above = static_cast<std::uint8_t>(weights[i] + kDecoderWeightLimit);
          most[i] = above > most[i] ? above : most[i];
        }
      }
      Simd::store(compensation + column, sums);
    }
    // Without a sign: the largest product, 2**31, becomes the -2**31 that the sums wrap to, too.
    for (std::size_t column = 0; column < outputs; ++column) {
      const auto sum = static_cast<std::uint32_t>(compensation[column]);
      compensation[column] = static_cast<std::int32_t>(0U - std::uint32_t{kZeroPoint} * sum);
    }
    bool within = true;
    for (const std::uint8_t above : most) within = within && above <= 2 * kDecoderWeightLimit;
    return within;
  }
};

}  // namespace
}  // namespace lmpack
