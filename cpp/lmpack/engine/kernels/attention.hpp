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

  // Scores of kRows heads from `head` on; the largest of each head is in tops[row - head].
  template <int kRows>
  static void score(const AttentionOperands& a, std::size_t head, Floats* tops) {
    const ProductOperands p{a.queries,
                            a.head_width,
                            head + kRows,
                            a.keys,
                            a.head_width,
                            a.head_width,
                            round_up(a.visible, kPanelColumns)};
    const Floats scale = Simd::broadcast(a.score_scale);
    for (int r = 0; r < kRows; ++r) tops[r] = Simd::broadcast(kInvisible);
    Product::template band<kRows>(
        p, head, [&](std::size_t column) { return Simd::load(a.compensation + column); },
        [&](std::size_t row, std::size_t column, Ints sums) {
          const Floats bias = Simd::load(a.bias + row * a.bias_stride + column);
          Floats score = Simd::add(Simd::mul(Simd::to_floats(sums), scale), bias);
          if (column + kPanelColumns > a.visible) {
            score = Simd::first(score, a.visible - column, kInvisible);
          }
          tops[row - head] = Simd::max(tops[row - head], score);
          Simd::store(a.scores + row * a.slots + column, score);
        },
        FetchNothing(0, 1));
  }

  // The attention of a head by its scores, and its sum.
  static std::int32_t weigh(const AttentionOperands& a, std::size_t head, Floats top) {
    const float* scores = a.scores + head * a.slots;
    std::uint8_t* attention = a.attention + head * a.slots;
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

  // The means of the values of kRows heads by their attention, whose sums are `totals`.
  template <int kRows>
  static void average(const AttentionOperands& a, std::size_t head, const std::int32_t* totals) {
    const ProductOperands p{a.attention, a.slots, head + kRows,
                            a.values,    a.slots, round_up(a.visible, kPanelColumns),
                            a.head_width};
    Product::template band<kRows>(
        p, head, [](std::size_t) { return Simd::broadcast(std::int32_t{0}); },
        [&](std::size_t row, std::size_t column, Ints sums) {
          const Floats total = Simd::broadcast(static_cast<float>(totals[row - head]));
          const Floats mean = Simd::div(Simd::to_floats(sums), total);
          Elementwise::store_with_zero_point(a.means + row * a.head_width + column,
                                             Simd::mul(mean, Simd::broadcast(kAttentionGain)));
        },
        FetchNothing(0, 1));
  }

  // kRows heads together; what is left in halves of it.
  template <int kRows>
  static void attend_heads(const AttentionOperands& a, std::size_t head) {
    if constexpr (kRows > 0) {
      for (; head + kRows <= a.heads; head += kRows) {
        Floats tops[kRows];
        std::int32_t totals[kRows];
        score<kRows>(a, head, tops);
        for (std::size_t r = 0; r < kRows; ++r) totals[r] = weigh(a, head + r, tops[r]);
        average<kRows>(a, head, totals);
      }
      attend_heads<kRows / 2>(a, head);
    }
  }

  static void attend(const AttentionOperands& a) { attend_heads<Simd::kTileRows>(a, 0); }
};

}  // namespace
}  // namespace lmpack
