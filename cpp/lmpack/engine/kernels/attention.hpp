// Attention of one position over a ring, over a set of vectors: see kernels.hpp.
#pragma once

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
struct AttentionOf {
  using Ints = typename Simd::Ints;
  using Floats = typename Simd::Floats;
  using Product = ProductOf<Simd>;
  using Elementwise = ElementwiseOf<Simd>;

  // A row of a tile is one head of one position. Row r of all is head r % heads of position
  // r / heads.
  static const float* bias_of(const AttentionOperands& a, std::size_t row) {
    return a.bias + row % a.heads * a.bias_stride - row / a.heads;
  }

  // Scores of kRows rows from `first` on; the largest of each is in tops[row - first].
  template <int kRows>
  static void score(const AttentionOperands& a, std::size_t first, Floats* tops) {
    const ProductOperands<> p{
        a.queries + first * a.head_width,  a.head_width, kRows, a.keys, a.head_width, a.head_width,
        round_up(a.visible, kPanelColumns)};
    const Floats scale = Simd::broadcast(a.score_scale);
    const float* bias[kRows];
    for (std::size_t r = 0; r < kRows; ++r) bias[r] = bias_of(a, first + r);
    for (int r = 0; r < kRows; ++r) tops[r] = Simd::broadcast(kInvisible);
    Product::template rows_product<kRows>(
        p, [&](std::size_t column) { return Simd::load(a.compensation + column); },
        [&](std::size_t row, std::size_t column, Ints sums) {
          Floats score =
              Simd::add(Simd::mul(Simd::to_floats(sums), scale), Simd::load(bias[row] + column));
          if (column + kPanelColumns > a.visible) {
            score = Simd::first(score, a.visible - column, kInvisible);
          }
          tops[row] = Simd::max(tops[row], score);
          Simd::store(a.scores + row * a.slots + column, score);
        });
  }

  // The attention of a row of the tile by its scores, and its sum.
  static std::int32_t weigh(const AttentionOperands& a, std::size_t row, Floats top) {
    const float* scores = a.scores + row * a.slots;
    std::uint8_t* attention = a.attention + row * a.slots;
    const Floats shift = Simd::broadcast(Simd::largest(top) - kAttentionBase);
    Ints total = Simd::broadcast(std::int32_t{0});
    for (std::size_t i = 0; i < round_up(a.visible, kPanelColumns); i += kPanelColumns) {
      const Floats value = Elementwise::template power<kAttentionSquarings>(Simd::load(scores + i),
                                                                            shift, kAttentionFloor);
      const Ints share = Simd::round(value);
      total = Simd::add(total, share);
      Simd::store_bytes(attention + i, share);
    }
    return Simd::sum(total);
  }

  // The means of the values of kRows rows by their attention, whose sums are `totals`. Slots that
  // none of them attends to are passed over.
  template <int kRows>
  static void average(const AttentionOperands& a, std::size_t first, const std::int32_t* totals) {
    const ProductOperands<> p{a.attention, a.slots, kRows,
                              a.values,    a.slots, round_up(a.visible, kPanelColumns),
                              a.head_width};
    Product::template sparse_rows_product<kRows>(
        p, a.live, [](std::size_t) { return Simd::broadcast(std::int32_t{0}); },
        [&](std::size_t row, std::size_t column, Ints sums) {
          const Floats total = Simd::broadcast(static_cast<float>(totals[row]));
          const Floats mean = Simd::div(Simd::to_floats(sums), total);
          Elementwise::store_with_zero_point(a.means + (first + row) * a.head_width + column,
                                             Simd::mul(mean, Simd::broadcast(kAttentionGain)));
        });
  }

  template <int kRows>
  static void attend_rows(const AttentionOperands& a, std::size_t first) {
    Floats tops[kRows];
    std::int32_t totals[kRows];
    score<kRows>(a, first, tops);
    for (std::size_t r = 0; r < kRows; ++r) totals[r] = weigh(a, r, tops[r]);
    average<kRows>(a, first, totals);
  }

  static void attend(const AttentionOperands& a) {
    constexpr std::size_t kRows = Simd::kTileRows;
    static_assert(kRows <= kMostTileRows);
    const std::size_t rows = a.positions * a.heads;
    std::size_t row = 0;
    for (; row + kRows <= rows; row += kRows) attend_rows<kRows>(a, row);
    if (row == rows) return;
    with_constant<kRows - 1>(rows - row, [&](auto height) { attend_rows<height.value>(a, row); });
  }
};

}  // namespace
}  // namespace lmpack
