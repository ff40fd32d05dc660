// The steps of a layer except for attention, over a set of vectors: see kernels.hpp.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "lmpack/engine/arithmetic.hpp"
#include "lmpack/engine/kernels.hpp"
#include "lmpack/engine/kernels/elementwise.hpp"
#include "lmpack/engine/kernels/product.hpp"
#include "lmpack/engine/packing.hpp"

namespace lmpack {
namespace {

template <typename Simd>
struct LayerStepsOf {
  using Ints = typename Simd::Ints;
  using Floats = typename Simd::Floats;
  using Product = ProductOf<Simd>;
  using Elementwise = ElementwiseOf<Simd>;

  static void gemm(Rows rows, const Matrix& matrix, std::int32_t* out) {
    const std::size_t stride = matrix.outputs;
    Product::matrix_product(rows, matrix, [=](std::size_t row, std::size_t column, Ints sums) {
      Simd::store(out + row * stride + column, sums);
    });
  }

  // Entries in steps of the residual stream.
  static Ints embedded(const std::int8_t* entries) {
    Ints value = Simd::widen(entries);
    for (std::int32_t step = 1; step < kEmbeddingStep; step *= 2) value = Simd::add(value, value);
    return value;
  }

  static void embed(const TableRow* rows, std::size_t count, std::int32_t* residual) {
    for (std::size_t i = 0; i < rows[0].width; i += kPanelColumns) {
      Simd::store(residual + i, embedded(rows[0].entries + i));
    }
    for (std::size_t row = 1; row < count; ++row) {
      std::int32_t* to = residual + rows[row].channel;
      for (std::size_t i = 0; i < rows[row].width; i += kPanelColumns) {
        Simd::store(to + i, Simd::add(Simd::load(to + i), embedded(rows[row].entries + i)));
      }
    }
  }

  static void normalize(const std::int32_t* residual, std::size_t rows, std::size_t width,
                        std::uint8_t* activations) {
    for (std::size_t row = 0; row < rows; ++row, residual += width, activations += width) {
      std::int64_t squares = 0;
      for (std::size_t i = 0; i < width; ++i) {
        squares += std::int64_t{residual[i]} * residual[i];
      }
      const double mean = static_cast<double>(squares) / static_cast<double>(width);
      const auto inverse =
          Simd::broadcast(static_cast<float>(kActivationUnit / std::sqrt(mean + 1.0)));
      for (std::size_t i = 0; i < width; i += kPanelColumns) {
        const Floats value = Simd::mul(Simd::to_floats(Simd::load(residual + i)), inverse);
        Elementwise::store_with_zero_point(activations + i, value);
      }
    }
  }

  static void qkv(Rows rows, const Matrix& matrix, std::size_t queries, std::uint8_t* out) {
    const float* multiplier = matrix.multiplier.data();
    const std::size_t stride = matrix.outputs;
    Product::matrix_product(rows, matrix, [=](std::size_t row, std::size_t column, Ints sums) {
      const Floats value = Elementwise::scaled(sums, multiplier + column);
      std::uint8_t* to = out + row * stride + column;
      if (column < queries) {
        Elementwise::store_with_zero_point(to, value);
      } else {
        Simd::store_bytes(to, Simd::round(Elementwise::clip(value, -kKeyLimit, kKeyLimit)));
      }
    });
  }

  static void project_residual(Rows rows, const Matrix& matrix, std::int32_t* residual) {
    const float* multiplier = matrix.multiplier.data();
    const std::size_t stride = matrix.outputs;
    Product::matrix_product(rows, matrix, [=](std::size_t row, std::size_t column, Ints sums) {
      const Floats update = Elementwise::clip(Elementwise::scaled(sums, multiplier + column),
                                              -kUpdateLimit, kUpdateLimit);
      std::int32_t* to = residual + row * stride + column;
      const Ints sum = Simd::add(Simd::load(to), Simd::round(update));
      Simd::store(to, Simd::min(Simd::max(sum, Simd::broadcast(-kResidualLimit)),
                                Simd::broadcast(kResidualLimit)));
    });
  }

  template <bool kSquared>
  static void feed_forward_up_as(Rows rows, const Matrix& up, std::uint8_t* hidden) {
    const float* multiplier = up.multiplier.data();
    const std::size_t stride = up.outputs;
    Product::matrix_product(rows, up, [=](std::size_t row, std::size_t column, Ints sums) {
      Floats value = Elementwise::scaled(sums, multiplier + column);
      if constexpr (kSquared) {
        value = Elementwise::clip(value, 0, kSquareLimit);
        value = Simd::mul(value, value);
      }
      Simd::store_bytes(hidden + row * stride + column,
                        Simd::round(Elementwise::clip(value, 0, kHiddenLimit)));
    });
  }

  static void feed_forward_up(Rows rows, const Matrix& up, bool squared, std::uint8_t* hidden) {
    if (squared) {
      feed_forward_up_as<true>(rows, up, hidden);
    } else {
      feed_forward_up_as<false>(rows, up, hidden);
    }
  }

  static void head(Rows rows, const Matrix& matrix, float* logits, std::int32_t* odds) {
    const float* multiplier = matrix.multiplier.data();
    const std::size_t stride = matrix.outputs;
    Product::matrix_product(rows, matrix, [=](std::size_t row, std::size_t column, Ints sums) {
      Simd::store(logits + row * stride + column, Elementwise::scaled(sums, multiplier + column));
    });
    for (std::size_t row = 0; row < rows.count; ++row, logits += stride, odds += stride) {
      Floats tops = Simd::load(logits);
      for (std::size_t i = kPanelColumns; i < stride; i += kPanelColumns) {
        tops = Simd::max(tops, Simd::load(logits + i));
      }
      const Floats shift = Simd::broadcast(Simd::largest(tops) - kOutputBase);
      for (std::size_t i = 0; i < stride; i += kPanelColumns) {
        const Floats value = Elementwise::template power<kOutputSquarings>(Simd::load(logits + i),
                                                                           shift, kOutputFloor);
        Simd::store(odds + i, Simd::round(value));
      }
    }
  }
};

}  // namespace
}  // namespace lmpack
