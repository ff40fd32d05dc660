// The steps of a layer except for attention, over a set of vectors: see kernels.hpp.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "lmpack/engine/arithmetic.hpp"
#include "lmpack/engine/kernels.hpp"
#include "lmpack/engine/kernels/elementwise.hpp"
#include "lmpack/engine/kernels/product.hpp"
#include "lmpack/engine/kernels/sparse_product.hpp"
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

  // Of values within +-32767: two squares fit 32 bits, and the sums of their halves stay below
  // 2**32, as there are at most 65,536.
  static std::int64_t sum_of_squares(const std::int32_t* values, std::size_t count) {
    const Ints low_half = Simd::broadcast(std::int32_t{0xFFFF});
    Ints low = Simd::broadcast(std::int32_t{0});
    Ints high = low;
    for (std::size_t i = 0; i < count; i += 2 * kPanelColumns) {
      const Ints first = Simd::load(values + i);
      const Ints second = Simd::load(values + i + kPanelColumns);
      const Ints squares = Simd::add(Simd::mul(first, first), Simd::mul(second, second));
      low = Simd::add(low, Simd::bits_and(squares, low_half));
      high = Simd::add(high, Simd::template shift_right<16>(squares));
    }
    return std::int64_t{Simd::sum(high)} * 0x10000 + Simd::sum(low);
  }

  // The factors of several rows first: their roots and divisions then overlap.
  static void normalize(const std::int32_t* residual, std::size_t rows, std::size_t width,
                        std::uint8_t* activations) {
    constexpr std::size_t kTogether = 8;
    float inverse[kTogether];
    for (std::size_t first = 0; first < rows; first += kTogether) {
      const std::size_t count = rows - first < kTogether ? rows - first : kTogether;
      for (std::size_t row = 0; row < count; ++row) {
        const double squares = static_cast<double>(sum_of_squares(residual + row * width, width));
        const double mean = squares / static_cast<double>(width);
        inverse[row] = static_cast<float>(kActivationUnit / std::sqrt(mean + 1.0));
      }
      for (std::size_t row = 0; row < count; ++row, residual += width, activations += width) {
        const Floats factor = Simd::broadcast(inverse[row]);
        for (std::size_t i = 0; i < width; i += kPanelColumns) {
          const Floats value = Simd::mul(Simd::to_floats(Simd::load(residual + i)), factor);
          Elementwise::store_with_zero_point(activations + i, value);
        }
      }
    }
  }

  static void qkv(Rows rows, const Matrix& matrix, std::size_t width, std::uint8_t* queries,
                  std::uint8_t* keys_values) {
    const float* multiplier = matrix.multiplier.data();
    const std::size_t rest = matrix.outputs - width;
    Product::matrix_product(rows, matrix, [=](std::size_t row, std::size_t column, Ints sums) {
      const Floats value = Elementwise::scaled(sums, multiplier + column);
      if (column < width) {
        Elementwise::store_with_zero_point(queries + row * width + column, value);
      } else {
        Simd::store_bytes(keys_values + row * rest + column - width,
                          Simd::round(Elementwise::clip(value, -kKeyLimit, kKeyLimit)));
      }
    });
  }

  // What project_residual() and feed_forward_down() do with their sums.
  static auto add_to(std::int32_t* residual, const Matrix& matrix) {
    const float* multiplier = matrix.multiplier.data();
    const std::size_t stride = matrix.outputs;
    return [=](std::size_t row, std::size_t column, Ints sums) {
      const Floats update = Elementwise::clip(Elementwise::scaled(sums, multiplier + column),
                                              -kUpdateLimit, kUpdateLimit);
      std::int32_t* to = residual + row * stride + column;
      const Ints sum = Simd::add(Simd::load(to), Simd::round(update));
      Simd::store(to, Simd::min(Simd::max(sum, Simd::broadcast(-kResidualLimit)),
                                Simd::broadcast(kResidualLimit)));
    };
  }

  static void project_residual(Rows rows, const Matrix& matrix, std::int32_t* residual) {
    Product::matrix_product(rows, matrix, add_to(residual, matrix));
  }

  static void feed_forward_down(Rows rows, const Matrix& matrix, std::uint16_t* live,
                                std::int32_t* residual) {
    SparseProductOf<Simd>::matrix_product(rows, matrix, live, add_to(residual, matrix));
  }

  template <bool kSquared>
  static void feed_forward_up_as(Rows rows, const Matrix& up, std::uint8_t* hidden) {
    const float* multiplier = up.multiplier.data();
    const std::size_t stride = up.outputs;
    Product::matrix_product(rows, up, [=](std::size_t row, std::size_t column, Ints sums) {
      Floats value = Elementwise::scaled(sums, multiplier + column);
      if constexpr (kSquared) {
        // The square of more is 255 after all, and needs no limit of its own.
        value = Elementwise::clip(value, 0, kHiddenRoot);
        value = Simd::mul(value, value);
      } else {
        value = Elementwise::clip(value, 0, kHiddenLimit);
      }
      Simd::store_bytes(hidden + row * stride + column, Simd::round(value));
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
