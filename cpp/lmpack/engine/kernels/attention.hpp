// Attention of one position over a ring, over a set of vectors: see kernels.hpp.
#pragma once

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
struct AttentionOf {
  using Ints = typename Simd::Ints;
  using Floats = typename Simd::Floats;
  using Product = ProductOf<Simd>;
  using Elementwise = ElementwiseOf<Simd>;

  // Panels of a row whose elements are computed together.
  static constexpr std::size_t kPanels = 4;

  // A row of a tile is one head of one position. Row r of all is head r % heads of position
  // r / heads.
  static const float* bias_of(const AttentionOperands& a, std::size_t row) {
    return a.bias + row % a.heads * a.bias_stride - row / a.heads;
  }

  // Products of kRows rows from `first` on with the keys: a.scores[kRows][slots], as integers.
  template <int kRows>
  static void multiply_keys(const AttentionOperands& a, std::size_t first) {
    const ProductOperands<> p{
        a.queries + first * a.head_width,  a.head_width, kRows, a.keys, a.head_width, a.head_width,
        round_up(a.visible, kPanelColumns)};
    Product::template store_rows<kRows>(p, a.compensation, a.scores, a.slots);
  }

  // Makes scores of a row's products, in place; the largest one.
  static float score(const AttentionOperands& a, const float* bias, std::int32_t* products) {
    auto* const scores = reinterpret_cast<float*>(products);
    const Floats scale = Simd::broadcast(a.score_scale);
    const auto score_at = [=](std::size_t i) LMPACK_INLINE {
      const Floats product = Simd::mul(Simd::to_floats(Simd::load(products + i)), scale);
      return Simd::add(product, Simd::load(bias + i));
    };
    Floats tops[kPanels];
    for (Floats& top : tops) top = Simd::broadcast(kInvisible);
    const std::size_t whole = a.visible / kPanelColumns * kPanelColumns;
    std::size_t i = 0;
    for (; i + kPanels * kPanelColumns <= whole; i += kPanels * kPanelColumns) {
      unroll<kPanels>([&](auto panel) LMPACK_INLINE {
        const std::size_t at = i + panel.value * kPanelColumns;
        const Floats value = score_at(at);
        tops[panel.value] = Simd::max(tops[panel.value], value);
        Simd::store(scores + at, value);
      });
    }
    for (; i < whole; i += kPanelColumns) {
      const Floats value = score_at(i);
      tops[0] = Simd::max(tops[0], value);
      Simd::store(scores + i, value);
    }
    if (whole < a.visible) {
      const Floats value = Simd::first(score_at(whole), a.visible - whole, kInvisible);
      tops[0] = Simd::max(tops[0], value);
      Simd::store(scores + whole, value);
    }
    return Simd::largest(Simd::max(Simd::max(tops[0], tops[1]), Simd::max(tops[2], tops[3])));
  }

  // The attention of a row by its scores, and its sum.
  static std::int32_t weigh(const float* scores, std::size_t slots, float top,
                            std::uint8_t* attention) {
    const Floats shift = Simd::broadcast(top - kAttentionBase);
    Ints total = Simd::broadcast(std::int32_t{0});
    const auto share_at = [&](std::size_t i) LMPACK_INLINE {
      const Ints share = Simd::round(Elementwise::template power<kAttentionSquarings>(
          Simd::load(scores + i), shift, kAttentionFloor));
      total = Simd::add(total, share);
      return share;
    };
    std::size_t i = 0;
    for (; i + kPanels * kPanelColumns <= slots; i += kPanels * kPanelColumns) {
      Ints shares[kPanels];
      unroll<kPanels>([&](auto panel) LMPACK_INLINE {
        shares[panel.value] = share_at(i + panel.value * kPanelColumns);
      });
      Simd::store_bytes(attention + i, shares);
    }
    for (; i < slots; i += kPanelColumns) Simd::store_bytes(attention + i, share_at(i));
    return Simd::sum(total);
  }

  // The means of the values of kRows rows by their attention, whose sums are `totals`. Slots that
  // none of them attends to are passed over.
  template <int kRows>
  static void average(const AttentionOperands& a, std::size_t first, const std::int32_t* totals) {
    const ProductOperands<> p{a.attention, a.slots, kRows,
                              a.values,    a.slots, round_up(a.visible, kPanelColumns),
                              a.head_width};
    SparseProductOf<Simd>::template rows_product<kRows>(
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
    float tops[kRows];
    std::int32_t totals[kRows];
    multiply_keys<kRows>(a, first);
    for (std::size_t r = 0; r < kRows; ++r) {
      tops[r] = score(a, bias_of(a, first + r), a.scores + r * a.slots);
    }
    for (std::size_t r = 0; r < kRows; ++r) {
      totals[r] = weigh(reinterpret_cast<const float*>(a.scores + r * a.slots),
                        round_up(a.visible, kPanelColumns), tops[r], a.attention + r * a.slots);
    }
    average<kRows>(a, first, totals);
  }

  static void attend(const AttentionOperands& a) {
    constexpr std::size_t kRows = Simd::kTileRows;
    static_assert(kRows <= kMostTileRows);
    constexpr std::size_t kFewer = kRows < 8 ? kRows : 8;
    const std::size_t rows = a.positions * a.heads;
    std::size_t row = 0;
    if (rows >= kRows) {
      const typename Product::template Attending<kRows> attending(a);
      for (; row + kRows <= rows; row += kRows) attend_rows<kRows>(a, row);
    }
    for (; row + kFewer <= rows; row += kFewer) attend_rows<kFewer>(a, row);
    if (row == rows) return;
    with_constant<kFewer - 1>(rows - row, [&](auto height) { attend_rows<height.value>(a, row); });
  }
};

}  // namespace
}  // namespace lmpack
