// Integer products in the tile registers of AMX; few rows are multiplied in vectors.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lmpack/engine/kernels/product.hpp"
#include "lmpack/engine/kernels/sparse_product.hpp"
#include "lmpack/engine/simd/amx.hpp"

namespace lmpack {
namespace {

template <>
struct ProductOf<Amx> {
  using Ints = Amx::Ints;
  using Vectors = ProductOf<Avx512>;
  // To set up the tile registers takes as long as a short product.
  using OfFewRows = Vectors;

  // Fewer rows take longer in tiles, which load as much of the right operand for them.
  static constexpr std::size_t kFewestRows = 4;

  template <typename Start, typename Finish>
  static void product(const ProductOperands<>& p, const Start& start, const Finish& finish) {
    const std::size_t whole_rows = p.rows / Amx::kTileRows * Amx::kTileRows;
    if (whole_rows > 0) in_tiles(p, 0, whole_rows, Amx::kTileRows, start, finish);
    const std::size_t rest = p.rows - whole_rows;
    if (rest >= kFewestRows) {
      in_tiles(p, whole_rows, p.rows, rest, start, finish);
    } else if (rest > 0) {
      const ProductOperands<> below{p.left + whole_rows * p.left_stride,
                                    p.left_stride,
                                    rest,
                                    p.right,
                                    p.capacity,
                                    p.inner,
                                    p.columns};
      Vectors::product(below, start, [&](std::size_t row, std::size_t column, Ints sums) {
        finish(whole_rows + row, column, sums);
      });
    }
  }

  template <typename Start, typename Finish>
  static void product_from_memory(const ProductOperands<>& p, const Start& start,
                                  const Finish& finish) {
    if (p.rows < kFewestRows) {
      Vectors::product_from_memory(p, start, finish);
    } else {
      product(p, start, finish);
    }
  }

  template <typename Finish>
  static void matrix_product(Rows rows, const Matrix& matrix, const Finish& finish) {
    const std::int32_t* compensation = matrix.compensation.data();
    product(
        matrix_operands(rows, matrix),
        [=](std::size_t column) { return Amx::load(compensation + column); }, finish);
  }

  template <int kRows>
  struct Attending {
    explicit Attending(const AttentionOperands& a)
        : tiles(shapes_of(kRows, Steps(a.head_width), Steps(round_up(a.visible, kPanelColumns)))) {
      static_assert(kRows == Amx::kTileRows);
    }
    Tiles tiles;
  };

  template <int kRows>
  static void store_rows(const ProductOperands<>& p, const std::int32_t* start, std::int32_t* out,
                         std::size_t stride) {
    if constexpr (kRows < Amx::kTileRows) {
      Vectors::store_rows<kRows>(p, start, out, stride);
    } else {
      const Steps steps(p.inner);
      std::size_t column = 0;
      for (; column + 4 * kPanelColumns <= p.columns; column += 4 * kPanelColumns) {
        store_panels<4>(p, steps, column, start, out, stride);
      }
      for (; column < p.columns; column += kPanelColumns) {
        store_panels<1>(p, steps, column, start, out, stride);
      }
    }
  }

  // All columns of p, which has as many rows as a tile.
  template <typename Start, typename Finish>
  static void attended_product(const ProductOperands<>& p, const Start& start,
                               const Finish& finish) {
    const Steps steps(p.inner);
    std::size_t column = 0;
    for (; column + 2 * kPanelColumns <= p.columns; column += 2 * kPanelColumns) {
      tile<1, 2, 1>(p, steps, 0, Amx::kTileRows, column, start, finish);
    }
    if (column < p.columns) tile<1, 1, 1>(p, steps, 0, Amx::kTileRows, column, start, finish);
  }

 private:
  // Registers 0 to 3 have sums, one for each band and panel. Then come two pairs of registers, for
  // the left operand and the right one: of two products, or of two bands and one panel.
  static constexpr int kSums = 4;
  static constexpr int kLeft[] = {4, 6};
  static constexpr int kRight[] = {5, 7};

  // The inner rows in equal steps that fit the registers.
  struct Steps {
    explicit Steps(AllGroups inner) {
      constexpr std::size_t kMostGroups = Amx::kTileBytes / kGroupRows;
      count = (inner.count + kMostGroups - 1) / kMostGroups;
      while (inner.count % count != 0) ++count;
      bytes = inner.count / count * kGroupRows;
    }

    std::size_t count;
    std::size_t bytes;
  };

  static TileShapes shapes_of(std::size_t height, const Steps& first, const Steps& second) {
    TileShapes shapes;
    for (int i = 0; i < kSums; ++i) shapes.set(i, height, kGroupBytes);
    const std::size_t bytes[] = {first.bytes, second.bytes};
    for (int i = 0; i < 2; ++i) {
      shapes.set(kLeft[i], height, bytes[i]);
      shapes.set(kRight[i], bytes[i] / kGroupRows, kGroupBytes);
    }
    return shapes;
  }

  // Adds the products of kBands bands of 16 rows with kPanels panels to the sums in registers, with
  // the operands in pair kPair; two bands have the left registers of both pairs.
  template <int kBands, int kPanels, int kPair>
  LMPACK_INLINE static void multiply(const ProductOperands<>& p, const Steps& steps,
                                     std::size_t row, std::size_t column) {
    static_assert(kBands * kPanels <= kSums && kBands + kPair <= 2);
    const std::uint8_t* left = p.left + row * p.left_stride;
    const std::int8_t* right = p.right + column * p.capacity;
    for (std::size_t step = 0; step < steps.count; ++step) {
      unroll<kBands>([&](auto band) LMPACK_INLINE {
        Tiles::load<kLeft[kPair + band.value]>(left + band.value * Amx::kTileRows * p.left_stride,
                                               p.left_stride);
      });
      unroll<kPanels>([&](auto i) LMPACK_INLINE {
        Tiles::load<kRight[kPair]>(right + i.value * kPanelColumns * p.capacity, kGroupBytes);
        unroll<kBands>([&](auto band) LMPACK_INLINE {
          Tiles::multiply<band.value * kPanels + i.value, kLeft[kPair + band.value],
                          kRight[kPair]>();
        });
      });
      left += steps.bytes;
      right += steps.bytes * kPanelColumns;
    }
  }

  template <int kPanels>
  static void store_panels(const ProductOperands<>& p, const Steps& steps, std::size_t column,
                           const std::int32_t* start, std::int32_t* out, std::size_t stride) {
    unroll<kPanels>([&](auto i) LMPACK_INLINE {
      Tiles::load<i.value>(start + column + i.value * kPanelColumns, 0);
    });
    multiply<1, kPanels, 0>(p, steps, 0, column);
    unroll<kPanels>([&](auto i) LMPACK_INLINE {
      Tiles::store<i.value>(out + column + i.value * kPanelColumns, stride * sizeof(std::int32_t));
    });
  }

  using Sums = std::int32_t[Amx::kTileRows][kPanelColumns];

  // Rows first to last in bands of `height` rows.
  template <typename Start, typename Finish>
  static void in_tiles(const ProductOperands<>& p, std::size_t first, std::size_t last,
                       std::size_t height, const Start& start, const Finish& finish) {
    const Steps steps(p.inner);
    const Tiles tiles(shapes_of(height, steps, steps));
    std::size_t column = 0;
    const std::size_t pairs = first + (last - first) / (2 * Amx::kTileRows) * 2 * Amx::kTileRows;
    for (; column + 2 * kPanelColumns <= p.columns; column += 2 * kPanelColumns) {
      for (std::size_t row = first; row < pairs; row += 2 * height) {
        tile<2, 2, 0>(p, steps, row, height, column, start, finish);
      }
    }
    for (; column < p.columns; column += kPanelColumns) {
      for (std::size_t row = first; row < pairs; row += 2 * height) {
        tile<2, 1, 0>(p, steps, row, height, column, start, finish);
      }
    }
    if (pairs == last) return;
    column = 0;
    for (; column + 4 * kPanelColumns <= p.columns; column += 4 * kPanelColumns) {
      tile<1, 4, 0>(p, steps, pairs, height, column, start, finish);
    }
    for (; column < p.columns; column += kPanelColumns) {
      tile<1, 1, 0>(p, steps, pairs, height, column, start, finish);
    }
  }

  template <int kBands, int kPanels, int kPair, typename Start, typename Finish>
  static void tile(const ProductOperands<>& p, const Steps& steps, std::size_t row,
                   std::size_t height, std::size_t column, const Start& start,
                   const Finish& finish) {
    alignas(kGroupBytes) Sums sums[kBands * kPanels];
    unroll<kBands * kPanels>([&](auto i) LMPACK_INLINE { Tiles::clear<i.value>(); });
    multiply<kBands, kPanels, kPair>(p, steps, row, column);
    unroll<kBands * kPanels>(
        [&](auto i) LMPACK_INLINE { Tiles::store<i.value>(sums[i.value], kGroupBytes); });
    unroll<kBands>([&](auto band) LMPACK_INLINE {
      unroll<kPanels>([&](auto i) LMPACK_INLINE {
        const std::size_t at = column + i.value * kPanelColumns;
        const std::size_t top = row + band.value * Amx::kTileRows;
        const Ints first = start(at);
        for (std::size_t r = 0; r < height; ++r) {
          finish(top + r, at, Amx::add(first, Amx::load(sums[band.value * kPanels + i.value][r])));
        }
      });
    });
  }
};

template <>
struct SparseProductOf<Amx> {
  using Vectors = SparseProductOf<Avx512>;
  using Product = ProductOf<Amx>;

  template <typename Finish>
  static void matrix_product(Rows rows, const Matrix& matrix, std::uint16_t* live,
                             const Finish& finish) {
    if (rows.count < Product::kFewestRows) {
      Vectors::matrix_product(rows, matrix, live, finish);
    } else {
      Product::matrix_product(rows, matrix, finish);
    }
  }

  // While bands of kRows rows attend.
  template <int kRows, typename Start, typename Finish>
  static void rows_product(const ProductOperands<>& p, std::uint16_t* live, const Start& start,
                           const Finish& finish) {
    if constexpr (kRows < Amx::kTileRows) {
      Vectors::rows_product<kRows>(p, live, start, finish);
    } else {
      Product::attended_product(p, start, finish);
    }
  }
};

}  // namespace
}  // namespace lmpack
