// The kernels, written once over a set of vectors (simd/). Included by one file for each set, which
// is compiled for its processors: everything here has internal linkage, and nothing may call an
// inline function of the standard library, whose code the linker could pick for other processors.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "lmpack/engine/arithmetic.hpp"
#include "lmpack/engine/kernels.hpp"
#include "lmpack/engine/packing.hpp"

namespace lmpack {
namespace {

// A product whose right operand may be a part of a ring: panels with room for `capacity` rows.
struct Product {
  const std::uint8_t* left;
  std::size_t left_stride;
  std::size_t rows;
  const std::int8_t* right;
  std::size_t capacity;
  std::size_t inner;
  std::size_t columns;
};

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

template <typename Simd>
struct KernelsOf {
  using Ints = typename Simd::Ints;
  using Floats = typename Simd::Floats;

  // kRows rows times kPanels panels with all sums in registers. start(column) gives the sums to
  // start with, finish(row, column, sums) takes them.
  template <int kRows, int kPanels, typename Start, typename Finish>
  static void tile(const Product& p, std::size_t row, std::size_t column, const Start& start,
                   const Finish& finish) {
    const std::uint8_t* left = p.left + row * p.left_stride;
    const std::int8_t* right = p.right + column * p.capacity;
    const std::size_t panel_bytes = kPanelColumns * p.capacity;
    Ints sums[kRows][kPanels];
    unroll<kPanels>([&](auto i) LMPACK_INLINE {
      const Ints first = start(column + i.value * kPanelColumns);
      unroll<kRows>([&](auto r) LMPACK_INLINE { sums[r.value][i.value] = first; });
    });
    std::size_t k = 0;
    do {
      typename Simd::Columns columns[kPanels];
      unroll<kPanels>([&](auto i) LMPACK_INLINE {
        columns[i.value] = Simd::load_columns(right + i.value * panel_bytes + k * kPanelColumns);
      });
      unroll<kRows>([&](auto r) LMPACK_INLINE {
        const auto bytes = Simd::load_bytes(left + r.value * p.left_stride + k);
        unroll<kPanels>([&](auto i) LMPACK_INLINE {
          sums[r.value][i.value] = Simd::dot(sums[r.value][i.value], bytes, columns[i.value]);
        });
      });
      k += kGroupRows;
    } while (k < p.inner);
    unroll<kRows>([&](auto r) LMPACK_INLINE {
      unroll<kPanels>([&](auto i) LMPACK_INLINE {
        finish(row + r.value, column + i.value * kPanelColumns, sums[r.value][i.value]);
      });
    });
  }

  // kRows rows times all columns from `column` on that fill whole tiles; the first one left over.
  template <int kRows, int kPanels, typename Start, typename Finish>
  static std::size_t tiles(const Product& p, std::size_t row, std::size_t column,
                           const Start& start, const Finish& finish) {
    constexpr std::size_t kColumns = kPanels * kPanelColumns;
    for (; column + kColumns <= p.columns; column += kColumns) {
      tile<kRows, kPanels>(p, row, column, start, finish);
    }
    return column;
  }

  // kRows rows times all columns, with as many sums at a time as a full tile has.
  template <int kRows, typename Start, typename Finish>
  static void band(const Product& p, std::size_t row, const Start& start, const Finish& finish) {
    constexpr int kMostPanels = 8;
    constexpr int kFilling = Simd::kTileRows * Simd::kTilePanels / kRows;
    std::size_t column =
        tiles<kRows, (kFilling > kMostPanels ? kMostPanels : kFilling)>(p, row, 0, start, finish);
    tiles<kRows, 1>(p, row, column, start, finish);
  }

  // Rows that are fewer than a tile has, in halves of it.
  template <int kRows, typename Start, typename Finish>
  static void few_rows(const Product& p, std::size_t row, const Start& start,
                       const Finish& finish) {
    if constexpr (kRows > 0) {
      if (row + kRows <= p.rows) {
        band<kRows>(p, row, start, finish);
        row += kRows;
      }
      few_rows<kRows / 2>(p, row, start, finish);
    }
  }

  // The whole product. The panels of a tile stay in the cache for all rows.
  template <typename Start, typename Finish>
  static void product(const Product& p, const Start& start, const Finish& finish) {
    constexpr int kRows = Simd::kTileRows;
    constexpr std::size_t kColumns = Simd::kTilePanels * kPanelColumns;
    const std::size_t whole_rows = p.rows / kRows * kRows;
    if (whole_rows > 0) {
      std::size_t column = 0;
      for (; column + kColumns <= p.columns; column += kColumns) {
        for (std::size_t row = 0; row < whole_rows; row += kRows) {
          tile<kRows, Simd::kTilePanels>(p, row, column, start, finish);
        }
      }
      for (std::size_t row = 0; column < p.columns && row < whole_rows; row += kRows) {
        tiles<kRows, 1>(p, row, column, start, finish);
      }
    }
    few_rows<kRows / 2>(p, whole_rows, start, finish);
  }

  template <typename Finish>
  static void matrix_product(Rows rows, const Matrix& matrix, const Finish& finish) {
    const Product p{rows.at,       rows.stride,   rows.count,    matrix.packed.data(),
                    matrix.inputs, matrix.inputs, matrix.outputs};
    const std::int32_t* starts = matrix.starts.data();
    product(p, [=](std::size_t column) { return Simd::load(starts + column); }, finish);
  }

  static Floats clip(Floats values, float low, float high) {
    return Simd::min(Simd::max(values, Simd::broadcast(low)), Simd::broadcast(high));
  }

  // One output of a matrix: the sum as float (exact, below 2**24), times its multiplier.
  static Floats scaled(Ints sums, const float* multiplier) {
    return Simd::mul(Simd::to_floats(sums), Simd::load(multiplier));
  }

  static void multiply(Rows rows, const Matrix& matrix, std::int32_t* out) {
    const std::size_t stride = matrix.outputs;
    matrix_product(rows, matrix, [=](std::size_t row, std::size_t column, Ints sums) {
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
        store_with_zero_point(activations + i, value);
      }
    }
  }

  static void store_with_zero_point(std::uint8_t* to, Floats values) {
    const Ints rounded = Simd::round(clip(values, -kActivationLimit, kActivationLimit));
    Simd::store_bytes(to, Simd::add(rounded, Simd::broadcast(kZeroPoint)));
  }

  static void project(Rows rows, const Matrix& qkv, std::size_t queries, std::uint8_t* out) {
    const float* multiplier = qkv.multiplier.data();
    const std::size_t stride = qkv.outputs;
    matrix_product(rows, qkv, [=](std::size_t row, std::size_t column, Ints sums) {
      const Floats value = scaled(sums, multiplier + column);
      std::uint8_t* to = out + row * stride + column;
      if (column < queries) {
        store_with_zero_point(to, value);
      } else {
        Simd::store_bytes(to, Simd::round(clip(value, -kKeyLimit, kKeyLimit)));
      }
    });
  }

  static void add(Rows rows, const Matrix& matrix, std::int32_t* residual) {
    const float* multiplier = matrix.multiplier.data();
    const std::size_t stride = matrix.outputs;
    matrix_product(rows, matrix, [=](std::size_t row, std::size_t column, Ints sums) {
      const Floats update = clip(scaled(sums, multiplier + column), -kUpdateLimit, kUpdateLimit);
      std::int32_t* to = residual + row * stride + column;
      const Ints sum = Simd::add(Simd::load(to), Simd::round(update));
      Simd::store(to, Simd::min(Simd::max(sum, Simd::broadcast(-kResidualLimit)),
                                Simd::broadcast(kResidualLimit)));
    });
  }

  template <bool kSquared>
  static void activate_as(Rows rows, const Matrix& up, std::uint8_t* hidden) {
    const float* multiplier = up.multiplier.data();
    const std::size_t stride = up.outputs;
    matrix_product(rows, up, [=](std::size_t row, std::size_t column, Ints sums) {
      Floats value = scaled(sums, multiplier + column);
      if constexpr (kSquared) {
        value = clip(value, 0, kSquareLimit);
        value = Simd::mul(value, value);
      }
      Simd::store_bytes(hidden + row * stride + column, Simd::round(clip(value, 0, kHiddenLimit)));
    });
  }

  static void activate(Rows rows, const Matrix& up, bool squared, std::uint8_t* hidden) {
    if (squared) {
      activate_as<true>(rows, up, hidden);
    } else {
      activate_as<false>(rows, up, hidden);
    }
  }

  // `squarings` squarings of max(score - shift, floor): never above the base of the largest score.
  template <int kSquarings>
  static Floats power(Floats scores, Floats shift, float floor) {
    Floats value = Simd::max(Simd::sub(scores, shift), Simd::broadcast(floor));
    for (int i = 0; i < kSquarings; ++i) value = Simd::mul(value, value);
    return value;
  }

  static void predict(Rows rows, const Matrix& head, float* scores, std::int32_t* weights) {
    const float* multiplier = head.multiplier.data();
    const std::size_t stride = head.outputs;
    matrix_product(rows, head, [=](std::size_t row, std::size_t column, Ints sums) {
      Simd::store(scores + row * stride + column, scaled(sums, multiplier + column));
    });
    for (std::size_t row = 0; row < rows.count; ++row, scores += stride, weights += stride) {
      Floats tops = Simd::load(scores);
      for (std::size_t i = kPanelColumns; i < stride; i += kPanelColumns) {
        tops = Simd::max(tops, Simd::load(scores + i));
      }
      const Floats shift = Simd::broadcast(Simd::largest(tops) - kOutputBase);
      for (std::size_t i = 0; i < stride; i += kPanelColumns) {
        const Floats value = power<kOutputSquarings>(Simd::load(scores + i), shift, kOutputFloor);
        Simd::store(weights + i, Simd::round(value));
      }
    }
  }

  // Scores of kRows heads from `head` on, then their weights; totals[row] is a head's sum.
  template <int kRows>
  static void weigh(const Attention& a, std::size_t head, std::int32_t* totals) {
    const std::size_t columns = round_up(a.visible, kPanelColumns);
    const Product p{a.queries,    a.head_width, head + kRows, a.keys,
                    a.head_width, a.head_width, columns};
    const Floats scale = Simd::broadcast(a.score_scale);
    Floats tops[kRows];
    for (int r = 0; r < kRows; ++r) tops[r] = Simd::broadcast(kInvisible);
    band<kRows>(
        p, head, [&](std::size_t column) { return Simd::load(a.key_starts + column); },
        [&](std::size_t row, std::size_t column, Ints sums) {
          const Floats bias = Simd::load(a.bias + row * a.bias_stride + column);
          Floats score = Simd::add(Simd::mul(Simd::to_floats(sums), scale), bias);
          if (column + kPanelColumns > a.visible) {
            score = Simd::first(score, a.visible - column, kInvisible);
          }
          tops[row - head] = Simd::max(tops[row - head], score);
          Simd::store(a.scores + row * a.slots + column, score);
        });
    for (int r = 0; r < kRows; ++r) {
      const std::size_t row = head + static_cast<std::size_t>(r);
      const float* scores = a.scores + row * a.slots;
      std::uint8_t* weights = a.weights + row * a.slots;
      const Floats shift = Simd::broadcast(Simd::largest(tops[r]) - kAttentionBase);
      Ints total = Simd::broadcast(std::int32_t{0});
      for (std::size_t i = 0; i < columns; i += kPanelColumns) {
        const Floats value =
            power<kAttentionSquarings>(Simd::load(scores + i), shift, kAttentionFloor);
        const Ints weight = Simd::round(value);
        total = Simd::add(total, weight);
        Simd::store_bytes(weights + i, weight);
      }
      totals[r] = Simd::sum(total);
    }
  }

  // kRows heads at a time; what is left in halves of it.
  template <int kRows>
  static void attend_heads(const Attention& a, std::size_t head) {
    if constexpr (kRows > 0) {
      for (; head + kRows <= a.heads; head += kRows) {
        std::int32_t totals[kRows];
        weigh<kRows>(a, head, totals);
        const Product p{a.weights,   a.slots, head + kRows,
                        a.values,    a.slots, round_up(a.visible, kPanelColumns),
                        a.head_width};
        band<kRows>(
            p, head, [](std::size_t) { return Simd::broadcast(std::int32_t{0}); },
            [&](std::size_t row, std::size_t column, Ints sums) {
              const Floats total = Simd::broadcast(static_cast<float>(totals[row - head]));
              const Floats mean = Simd::div(Simd::to_floats(sums), total);
              store_with_zero_point(a.means + row * a.head_width + column,
                                    Simd::mul(mean, Simd::broadcast(kAttentionGain)));
            });
      }
      attend_heads<kRows / 2>(a, head);
    }
  }

  static void attend(const Attention& a) { attend_heads<Simd::kTileRows>(a, 0); }

  // As many sums as a tile has. The left operand changes from round to round, so that no compiler
  // computes a product once for all.
  static std::int32_t saturate(std::size_t rounds) {
    constexpr int kRows = Simd::kTileRows;
    constexpr int kPanels = Simd::kTilePanels;
    constexpr std::size_t kPlaces = 32;
    std::uint8_t bytes[kPlaces + kRows * kGroupRows];
    std::int8_t columns[kPanels * kGroupBytes];
    for (std::size_t i = 0; i < sizeof(bytes); ++i) bytes[i] = static_cast<std::uint8_t>(i);
    for (std::size_t i = 0; i < sizeof(columns); ++i) columns[i] = static_cast<std::int8_t>(i % 64);
    Ints sums[kRows][kPanels];
    typename Simd::Columns right[kPanels];
    unroll<kPanels>([&](auto i) LMPACK_INLINE {
      right[i.value] = Simd::load_columns(columns + i.value * kGroupBytes);
      unroll<kRows>([&](auto r) LMPACK_INLINE {
        sums[r.value][i.value] = Simd::broadcast(static_cast<std::int32_t>(r.value));
      });
    });
    for (std::size_t round = 0; round < rounds; ++round) {
      unroll<kRows>([&](auto r) LMPACK_INLINE {
        const auto left = Simd::load_bytes(bytes + round % kPlaces + r.value * kGroupRows);
        unroll<kPanels>([&](auto i) LMPACK_INLINE {
          sums[r.value][i.value] = Simd::dot(sums[r.value][i.value], left, right[i.value]);
        });
      });
    }
    std::int32_t result = 0;
    unroll<kRows>([&](auto r) LMPACK_INLINE {
      unroll<kPanels>([&](auto i) LMPACK_INLINE {
        std::int32_t elements[kPanelColumns];
        Simd::store(elements, sums[r.value][i.value]);
        for (const std::int32_t element : elements) result ^= element;
      });
    });
    return result;
  }

  static constexpr Kernels table() {
    return {Simd::kName,
            multiply,
            embed,
            normalize,
            project,
            attend,
            add,
            activate,
            predict,
            saturate,
            std::size_t{Simd::kTileRows} * Simd::kTilePanels * kGroupBytes};
  }
};

}  // namespace
}  // namespace lmpack
