// Attention of one position over a ring, over a set of vectors: see ../kernels.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lmpack/decoder/arithmetic.hpp"
#include "lmpack/decoder/kernels.hpp"
#include "lmpack/engine/kernels/product.hpp"

namespace lmpack {
namespace {

template <typename Simd>
struct DecoderAttentionOf {
  using Ints = typename Simd::Ints;
  using Floats = typename Simd::Floats;
  using Product = typename ProductOf<Simd>::OfFewRows;

  // `rest` in place of what lies in slots that are not visible.
  static Floats seen(const DecoderAttention& a, std::size_t slot, Floats values, float rest) {
    return slot + kPanelColumns <= a.visible ? values : Simd::first(values, a.visible - slot, rest);
  }

  static void score(const DecoderAttention& a) {
    Product::product(
        {a.queries, a.head_width, a.heads, a.keys, a.head_width, a.head_width,
         round_up(a.visible, kPanelColumns)},
        [&](std::size_t slot) { return Simd::load(a.compensation + slot); },
        [&](std::size_t head, std::size_t slot, Ints sums) {
          const Floats product =
              Simd::mul(Simd::to_floats(sums), Simd::broadcast(a.query_scales[head]));
          const Floats value = Simd::mul(product, Simd::load(a.key_scales + slot));
          Simd::store(a.scores + head * a.slots + slot, seen(a, slot, value, kUnseenScore));
        });
  }

  // The scales of all visible values over the largest of them, which is what it gives.
  static float compare_scales(const DecoderAttention& a) {
    Floats tops = Simd::broadcast(0.0F);
    for (std::size_t i = 0; i < a.visible; i += kPanelColumns) {
      tops = Simd::max(tops, seen(a, i, Simd::load(a.value_scales + i), 0));
    }
    const float top = Simd::largest(tops);
    for (std::size_t i = 0; i < a.visible; i += kPanelColumns) {
      Simd::store(a.ratios + i, Simd::div(Simd::load(a.value_scales + i), Simd::broadcast(top)));
    }
    return top;
  }

  // The two planes of a head, by its scores; gives the sum of its attention.
  static float weigh(const DecoderAttention& a, std::size_t head) {
    const float* scores = a.scores + head * a.slots;
    std::uint8_t* high = a.planes + 2 * head * a.slots;
    std::uint8_t* low = high + a.slots;
    Floats tops = Simd::load(scores);
    for (std::size_t i = kPanelColumns; i < a.visible; i += kPanelColumns) {
      tops = Simd::max(tops, Simd::load(scores + i));
    }
    const Floats top = Simd::broadcast(Simd::largest(tops));
    Ints totals = Simd::broadcast(std::int32_t{0});
    for (std::size_t i = 0; i < a.visible; i += kPanelColumns) {
      const Floats below =
          Simd::min(Simd::sub(top, Simd::load(scores + i)), Simd::broadcast(kScoreRange));
      const Ints step = Simd::round(Simd::mul(below, Simd::broadcast(kScoreSteps)));
      const Floats weight = seen(a, i, Simd::look_up(a.exp2, step), 0);
      totals = Simd::add(totals, Simd::round(weight));
      const Ints share = Simd::round(Simd::mul(weight, Simd::load(a.ratios + i)));
      Simd::store_bytes(high + i, Simd::template shift_right<8>(share));
      Simd::store_bytes(low + i, share);
    }
    std::int32_t parts[kPanelColumns];
    Simd::store(parts, totals);
    std::int64_t total = 0;
    for (const std::int32_t part : parts) total += part;
    return static_cast<float>(total);
  }

  // Rows 2 * head and 2 * head + 1 are the planes of a head; a tile has both, in this order.
  static void average(const DecoderAttention& a, const float* totals, float top) {
    Product::product(
        {a.planes, a.slots, 2 * a.heads, a.values, a.slots, round_up(a.visible, kPanelColumns),
         a.head_width},
        [](std::size_t) { return Simd::broadcast(std::int32_t{0}); },
        [&](std::size_t row, std::size_t channel, Ints sums) {
          float* to = a.means + row / 2 * a.head_width + channel;
          const Floats plane = Simd::to_floats(sums);
          if (row % 2 == 0) {
            Simd::store(to, Simd::mul(plane, Simd::broadcast(256.0F)));
          } else {
            const Floats both = Simd::add(Simd::load(to), plane);
            const Floats scaled = Simd::mul(both, Simd::broadcast(top));
            Simd::store(to, Simd::div(scaled, Simd::broadcast(totals[row / 2])));
          }
        });
  }

  static void attend(const DecoderAttention& a) {
    score(a);
    const float top = compare_scales(a);
    float totals[kMostAttendedHeads];
    for (std::size_t head = 0; head < a.heads; ++head) totals[head] = weigh(a, head);
    average(a, totals, top);
  }
};

}  // namespace
}  // namespace lmpack
