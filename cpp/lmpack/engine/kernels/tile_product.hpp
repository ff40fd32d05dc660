// Integer products in the tile registers of AMX; few rows are multiplied in vectors.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lmpack/engine/kernels/product.hpp"
#include "lmpack/engine/simd/amx.hpp"

namespace lmpack {
namespace {

template <>
struct ProductOf<Amx> {
  using Ints = Amx::Ints;
  using Vectors = ProductOf<Avx512>;

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

  template <typename Finish>
  static void sparse_matrix_product(Rows rows, const Matrix& matrix, std::uint16_t* live,
                                    const Finish& finish) {
    if (rows.count < kFewestRows) {
      Vectors::sparse_matrix_product(rows, matrix, live, finish);
    } else {
      matrix_product(rows, matrix, finish);
    }
  }

  template <int kRows, typename Start, typename Finish>
  static void rows_product(const ProductOperands<>& p, const Start& start, const Finish& finish) {
    if constexpr (kRows < kFewestRows) {
      Vectors::rows_product<kRows>(p, start, finish);
    } else {
      in_tiles(p, 0, kRows, kRows, start, finish);
    }
  }

  template <int kRows, typename Start, typename Finish>
  static void sparse_rows_product(const ProductOperands<>& p, std::uint16_t* live,
                                  const Start& start, const Finish& finish) {
    if constexpr (kRows < kFewestRows) {
      Vectors::sparse_rows_product<kRows>(p, live, start, finish);
    } else {
      in_tiles(p, 0, kRows, kRows, start, finish);
    }
  }

 private:
  // Registers: sums of two panels; the left operand and the right one of two panels, once for whole
  // tiles and once for the inner rows that are left over.
  enum Register {
    kSums,
    kOtherSums,
    kLeft,
    kRight,
    kOtherRight,
    kLeftRest,
    kRightRest,
    kOtherRest
  };

  // Rows first to last in bands of `height` rows.
  template <typename Start, typename Finish>
  static void in_tiles(const ProductOperands<>& p, std::size_t first, std::size_t last,
                       std::size_t height, const Start& start, const Finish& finish) {
    const std::size_t inner = p.inner.count * kGroupRows;
    const std::size_t rest = inner % Amx::kTileBytes;
    TileShapes shapes;
    for (const int sums : {kSums, kOtherSums}) shapes.set(sums, height, Amx::kTileBytes);
    shapes.set(kLeft, height, Amx::kTileBytes);
    for (const int right : {kRight, kOtherRight}) {
      shapes.set(right, Amx::kTileBytes / kGroupRows, kGroupBytes);
    }
    if (rest > 0) {
      shapes.set(kLeftRest, height, rest);
      for (const int right : {kRightRest, kOtherRest}) {
        shapes.set(right, rest / kGroupRows, kGroupBytes);
      }
    }
    const Tiles tiles(shapes);
    // The sums of a tile are finished while the next one is multiplied: what a tile register has
    // stored is not there at once.
    alignas(kGroupBytes) Sums sums[2];
    const std::size_t bands = (last - first) / height;
    const std::size_t pairs = p.columns / (2 * kPanelColumns);
    for (std::size_t i = 0; i <= pairs * bands; ++i) {
      if (i < pairs * bands) {
        multiply<2>(p, first + i % bands * height, i / bands * 2 * kPanelColumns);
      }
      if (i > 0) {
        const std::size_t row = first + (i - 1) % bands * height;
        const std::size_t column = (i - 1) / bands * 2 * kPanelColumns;
        finish_tile(sums[0], row, height, column, start, finish);
        finish_tile(sums[1], row, height, column + kPanelColumns, start, finish);
      }
      if (i < pairs * bands) {
        Tiles::store<kSums>(sums[0], kGroupBytes);
        Tiles::store<kOtherSums>(sums[1], kGroupBytes);
      }
    }
    const std::size_t column = pairs * 2 * kPanelColumns;
    for (std::size_t row = first; column < p.columns && row < last; row += height) {
      multiply<1>(p, row, column);
      Tiles::store<kSums>(sums[0], kGroupBytes);
      finish_tile(sums[0], row, height, column, start, finish);
    }
  }

  using Sums = std::int32_t[Amx::kTileRows][kPanelColumns];

  template <typename Start, typename Finish>
  LMPACK_INLINE static void finish_tile(const Sums& sums, std::size_t row, std::size_t height,
                                        std::size_t column, const Start& start,
                                        const Finish& finish) {
    const Ints first = start(column);
    for (std::size_t r = 0; r < height; ++r) {
      finish(row + r, column, Amx::add(first, Amx::load(sums[r])));
    }
  }

  // The sums of kPanels panels, in registers.
  template <int kPanels>
  static void multiply(const ProductOperands<>& p, std::size_t row, std::size_t column) {
    const std::size_t inner = p.inner.count * kGroupRows;
    const std::size_t whole = inner / Amx::kTileBytes * Amx::kTileBytes;
    const std::uint8_t* left = p.left + row * p.left_stride;
    const std::int8_t* right = p.right + column * p.capacity;
    const std::int8_t* other = right + kPanelColumns * p.capacity;
    Tiles::clear<kSums>();
    if constexpr (kPanels == 2) Tiles::clear<kOtherSums>();
    for (std::size_t k = 0; k < whole; k += Amx::kTileBytes) {
      Tiles::load<kLeft>(left + k, p.left_stride);
      Tiles::load<kRight>(right + k * kPanelColumns, kGroupBytes);
      Tiles::multiply<kSums, kLeft, kRight>();
      if constexpr (kPanels == 2) {
        Tiles::load<kOtherRight>(other + k * kPanelColumns, kGroupBytes);
        Tiles::multiply<kOtherSums, kLeft, kOtherRight>();
      }
    }
    if (whole < inner) {
      Tiles::load<kLeftRest>(left + whole, p.left_stride);
      Tiles::load<kRightRest>(right + whole * kPanelColumns, kGroupBytes);
      Tiles::multiply<kSums, kLeftRest, kRightRest>();
      if constexpr (kPanels == 2) {
        Tiles::load<kOtherRest>(other + whole * kPanelColumns, kGroupBytes);
        Tiles::multiply<kOtherSums, kLeftRest, kOtherRest>();
      }
    }
  }
};

}  // namespace
}  // namespace lmpack
