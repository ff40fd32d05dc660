// Integer products whose left operand is 0 more often than not, over a set of vectors: groups of
// inner rows that would add nothing are passed over.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lmpack/engine/kernels.hpp"
#include "lmpack/engine/kernels/product.hpp"
#include "lmpack/engine/kernels/unroll.hpp"
#include "lmpack/engine/packing.hpp"

namespace lmpack {
namespace {

template <typename Simd>
struct SparseProductOf {
  using Ints = typename Simd::Ints;
  using Product = ProductOf<Simd>;

  // A list of the groups of inner rows in which one of kRows rows of the left operand is not 0; if
  // there is none, of one that is. Gives its length, at most inner / kGroupRows; room for 16 more.
  template <int kRows>
  static std::size_t list_live_groups(const std::uint8_t* left, std::size_t stride,
                                      std::size_t inner, std::uint16_t* live) {
    const std::size_t groups = inner / kGroupRows;
    const std::size_t whole = groups - groups % kPanelColumns;
    std::size_t count = 0;
    const auto words = [&](std::size_t row, std::size_t group) LMPACK_INLINE {
      return Simd::load_words(left + row * stride + group * kGroupRows);
    };
    for (std::size_t group = 0; group < whole; group += kPanelColumns) {
      Ints any = words(0, group);
      for (std::size_t row = 1; row < kRows; ++row) any = Simd::bits_or(any, words(row, group));
      count += Simd::store_places(live + count, group, any);
    }
    for (std::size_t group = whole; group < groups; ++group) {
      std::uint32_t any = 0;
      for (std::size_t row = 0; row < kRows; ++row) {
        std::uint32_t word;
        __builtin_memcpy(&word, left + row * stride + group * kGroupRows, sizeof(word));
        any |= word;
      }
      live[count] = static_cast<std::uint16_t>(group);
      count += any != 0 ? 1 : 0;
    }
    if (count == 0) live[count++] = 0;
    return count;
  }

  // A product with a matrix. Each band of rows has a list in `live`, room for
  // [rows][live_groups_room(inputs)].
  template <typename Finish>
  static void matrix_product(Rows rows, const Matrix& matrix, std::uint16_t* live,
                             const Finish& finish) {
    constexpr int kRows = Simd::kTileRows;
    constexpr int kPanels = Simd::kTilePanels;
    const std::size_t room = live_groups_room(matrix.inputs);
    const std::int32_t* compensation = matrix.compensation.data();
    const auto start = [=](std::size_t column) { return Simd::load(compensation + column); };
    const ProductOperands<> all = matrix_operands(rows, matrix);
    // body(operands) with the groups of the band from `row` on; a list only where it is much
    // shorter.
    const auto with_operands = [&](std::size_t row, const auto& body) {
      const std::uint16_t* list = live + row * room;
      if (8 * list[0] > 7 * all.inner.count) return body(all);
      body(ProductOperands<ListedGroups>{all.left,
                                         all.left_stride,
                                         all.rows,
                                         all.right,
                                         all.capacity,
                                         {list + 1, list[0]},
                                         all.columns});
    };
    const auto list_groups = [&](auto height, std::size_t row) {
      std::uint16_t* list = live + row * room;
      list[0] = static_cast<std::uint16_t>(list_live_groups<height.value>(
          rows.at + row * rows.stride, rows.stride, matrix.inputs, list + 1));
    };
    const std::size_t whole_rows = rows.count / kRows * kRows;
    for (std::size_t row = 0; row < whole_rows; row += kRows) list_groups(Constant<kRows>(), row);
    const auto all_bands = [&](auto panels, std::size_t column) {
      for (std::size_t row = 0; row < whole_rows; row += kRows) {
        with_operands(row, [&](const auto& p) {
          Product::template tile<kRows, panels.value>(p, row, column, start, finish,
                                                      FetchNothing(0, 1));
        });
      }
    };
    std::size_t column = 0;
    for (; column + kPanels * kPanelColumns <= matrix.outputs; column += kPanels * kPanelColumns) {
      all_bands(Constant<kPanels>(), column);
    }
    for (; column < matrix.outputs; column += kPanelColumns) all_bands(Constant<1>(), column);
    in_halves<kRows / 2>(rows.count - whole_rows, whole_rows, [&](auto height, std::size_t row) {
      list_groups(height, row);
      with_operands(row, [&](const auto& p) {
        Product::template band<height.value>(p, row, start, finish, FetchNothing(0, 1));
      });
    });
  }

  // All of p, which has kRows rows; live: live_groups_room(inner).
  template <int kRows, typename Start, typename Finish>
  static void rows_product(const ProductOperands<>& p, std::uint16_t* live, const Start& start,
                           const Finish& finish) {
    const std::size_t count =
        list_live_groups<kRows>(p.left, p.left_stride, p.inner.count * kGroupRows, live);
    const ProductOperands<ListedGroups> listed{p.left,     p.left_stride, p.rows,   p.right,
                                               p.capacity, {live, count}, p.columns};
    Product::template band<kRows>(listed, 0, start, finish, FetchNothing(0, 1));
  }
};

}  // namespace
}  // namespace lmpack
