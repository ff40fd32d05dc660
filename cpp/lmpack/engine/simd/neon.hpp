// Vectors of 16 elements in four NEON registers, with the dot product of ARMv8.2 (FEAT_DotProd) or
// the mixed one of ARMv8.6 (FEAT_I8MM).
#pragma once

#include <arm_neon.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "lmpack/engine/packing.hpp"

namespace lmpack {
namespace {

// `Dot` computes products of four bytes, 0 to 255, with four columns, -64 to 64: its Columns and
// Bytes are what the operands become when they are loaded.
template <typename Dot>
struct Neon {
  static constexpr const char* kName = Dot::kName;
  static constexpr int kTileRows = 4;
  static constexpr int kTilePanels = 1;

  struct Ints {
    int32x4_t at[4];
  };
  struct Floats {
    float32x4_t at[4];
  };
  struct Columns {
    typename Dot::Columns at[4];
  };
  using Bytes = typename Dot::Bytes;

  static Ints load(const std::int32_t* from) {
    return {{vld1q_s32(from), vld1q_s32(from + 4), vld1q_s32(from + 8), vld1q_s32(from + 12)}};
  }
  static Floats load(const float* from) {
    return {{vld1q_f32(from), vld1q_f32(from + 4), vld1q_f32(from + 8), vld1q_f32(from + 12)}};
  }
  static void store(std::int32_t* to, Ints values) {
    for (int i = 0; i < 4; ++i) vst1q_s32(to + 4 * i, values.at[i]);
  }
  static void store(float* to, Floats values) {
    for (int i = 0; i < 4; ++i) vst1q_f32(to + 4 * i, values.at[i]);
  }
  // The low byte of each element.
  static void store_bytes(std::uint8_t* to, Ints values) {
    const int16x8_t low = vcombine_s16(vmovn_s32(values.at[0]), vmovn_s32(values.at[1]));
    const int16x8_t high = vcombine_s16(vmovn_s32(values.at[2]), vmovn_s32(values.at[3]));
    vst1q_u8(to, vreinterpretq_u8_s8(vcombine_s8(vmovn_s16(low), vmovn_s16(high))));
  }
  // Vectors of values from 0 to 255.
  static void store_bytes(std::uint8_t* to, const Ints (&values)[4]) {
    for (std::size_t i = 0; i < 4; ++i) store_bytes(to + i * kPanelColumns, values[i]);
  }
  static Ints load_words(const std::uint8_t* from) {
    Ints result;
    for (int i = 0; i < 4; ++i) result.at[i] = vreinterpretq_s32_u8(vld1q_u8(from + 16 * i));
    return result;
  }
  // The places first + i of the elements i that are not 0, of which it gives the number; one more
  // is written.
  static std::size_t store_places(std::uint16_t* to, std::size_t first, Ints values) {
    std::int32_t elements[kPanelColumns];
    store(elements, values);
    std::size_t count = 0;
    for (std::size_t i = 0; i < kPanelColumns; ++i) {
      to[count] = static_cast<std::uint16_t>(first + i);
      count += elements[i] != 0 ? 1 : 0;
    }
    return count;
  }
  static Ints widen(const std::int8_t* from) {
    const int8x16_t bytes = vld1q_s8(from);
    const int16x8_t low = vmovl_s8(vget_low_s8(bytes));
    const int16x8_t high = vmovl_s8(vget_high_s8(bytes));
    return {{vmovl_s16(vget_low_s16(low)), vmovl_s16(vget_high_s16(low)),
             vmovl_s16(vget_low_s16(high)), vmovl_s16(vget_high_s16(high))}};
  }
  static Ints widen(const std::int16_t* from) {
    const int16x8_t low = vld1q_s16(from);
    const int16x8_t high = vld1q_s16(from + 8);
    return {{vmovl_s16(vget_low_s16(low)), vmovl_s16(vget_high_s16(low)),
             vmovl_s16(vget_low_s16(high)), vmovl_s16(vget_high_s16(high))}};
  }
  // Each must fit.
  static void store_halves(std::int16_t* to, Ints values) {
    vst1q_s16(to, vcombine_s16(vmovn_s32(values.at[0]), vmovn_s32(values.at[1])));
    vst1q_s16(to + 8, vcombine_s16(vmovn_s32(values.at[2]), vmovn_s32(values.at[3])));
  }

  static Ints broadcast(std::int32_t value) {
    const int32x4_t four = vdupq_n_s32(value);
    return {{four, four, four, four}};
  }
  static Floats broadcast(float value) {
    const float32x4_t four = vdupq_n_f32(value);
    return {{four, four, four, four}};
  }

  static Columns load_columns(const std::int8_t* from) {
    return {{Dot::columns(vld1q_s8(from)), Dot::columns(vld1q_s8(from + 16)),
             Dot::columns(vld1q_s8(from + 32)), Dot::columns(vld1q_s8(from + 48))}};
  }
  static Bytes load_bytes(const std::uint8_t* from) {
    std::uint32_t bytes;
    std::memcpy(&bytes, from, sizeof(bytes));
    return Dot::bytes(vreinterpretq_u8_u32(vdupq_n_u32(bytes)));
  }
  static Ints dot(Ints sums, Bytes bytes, const Columns& columns) {
    for (int i = 0; i < 4; ++i) sums.at[i] = Dot::dot(sums.at[i], bytes, columns.at[i]);
    return sums;
  }
  static void detach(Ints&) {}

  static Ints add(Ints a, Ints b) { return each<Ints>(a, b, vaddq_s32); }
  static Ints sub(Ints a, Ints b) { return each<Ints>(a, b, vsubq_s32); }
  static Ints min(Ints a, Ints b) { return each<Ints>(a, b, vminq_s32); }
  static Ints max(Ints a, Ints b) { return each<Ints>(a, b, vmaxq_s32); }
  // Each product must fit.
  static Ints mul(Ints a, Ints b) { return each<Ints>(a, b, vmulq_s32); }
  static Ints bits_or(Ints a, Ints b) { return each<Ints>(a, b, vorrq_s32); }
  static Ints bits_and(Ints a, Ints b) { return each<Ints>(a, b, vandq_s32); }
  template <int kBits>
  static Ints shift_right(Ints values) {
    return shift_right(values, broadcast(std::int32_t{kBits}));
  }
  static Ints shift_right(Ints values, Ints bits) {
    return each<Ints>(values, bits, [](int32x4_t four, int32x4_t by) {
      return vreinterpretq_s32_u32(vshlq_u32(vreinterpretq_u32_s32(four), vnegq_s32(by)));
    });
  }

  // Element i becomes the sum of elements i and i + kDistance where bit kDistance of i is 0, and
  // the difference of elements i - kDistance and i where it is 1.
  template <int kDistance>
  static Ints butterfly(Ints values) {
    static_assert(kDistance == 1 || kDistance == 2 || kDistance == 4 || kDistance == 8);
    if constexpr (kDistance < 4) {
      for (int32x4_t& four : values.at) four = butterfly_of_four<kDistance>(four);
      return values;
    } else {
      constexpr int kStep = kDistance / 4;
      Ints result;
      for (int i = 0; i < 4; ++i) {
        const bool difference = (i & kStep) != 0;
        result.at[i] = difference ? vsubq_s32(values.at[i ^ kStep], values.at[i])
                                  : vaddq_s32(values.at[i], values.at[i ^ kStep]);
      }
      return result;
    }
  }

  static Ints look_up(const std::int32_t* table, Ints index) {
    return gathered<Ints>(table, index);
  }
  static Floats look_up(const float* table, Ints index) { return gathered<Floats>(table, index); }

  static Floats add(Floats a, Floats b) { return each<Floats>(a, b, vaddq_f32); }
  static Floats sub(Floats a, Floats b) { return each<Floats>(a, b, vsubq_f32); }
  static Floats mul(Floats a, Floats b) { return each<Floats>(a, b, vmulq_f32); }
  static Floats div(Floats a, Floats b) { return each<Floats>(a, b, vdivq_f32); }
  static Floats min(Floats a, Floats b) { return each<Floats>(a, b, vminq_f32); }
  static Floats max(Floats a, Floats b) { return each<Floats>(a, b, vmaxq_f32); }
  static Floats abs(Floats values) {
    for (float32x4_t& four : values.at) four = vabsq_f32(four);
    return values;
  }

  static Floats to_floats(Ints values) {
    Floats result;
    for (int i = 0; i < 4; ++i) result.at[i] = vcvtq_f32_s32(values.at[i]);
    return result;
  }
  // Half to even.
  static Ints round(Floats values) {
    Ints result;
    for (int i = 0; i < 4; ++i) result.at[i] = vcvtnq_s32_f32(values.at[i]);
    return result;
  }
  static Floats nearest(Floats values) {
    for (float32x4_t& four : values.at) four = vrndnq_f32(four);
    return values;
  }
  static Ints truncate(Floats values) {
    Ints result;
    for (int i = 0; i < 4; ++i) result.at[i] = vcvtq_s32_f32(values.at[i]);
    return result;
  }

  // The first `count` elements, and `rest` in place of the others.
  static Floats first(Floats values, std::size_t count, float rest) {
    float elements[kPanelColumns];
    store(elements, values);
    for (std::size_t i = count; i < kPanelColumns; ++i) elements[i] = rest;
    return load(elements);
  }
  static float largest(Floats values) {
    return vmaxvq_f32(
        vmaxq_f32(vmaxq_f32(values.at[0], values.at[1]), vmaxq_f32(values.at[2], values.at[3])));
  }
  static std::int32_t sum(Ints values) {
    return vaddvq_s32(
        vaddq_s32(vaddq_s32(values.at[0], values.at[1]), vaddq_s32(values.at[2], values.at[3])));
  }

 private:
  template <int kDistance>
  static int32x4_t butterfly_of_four(int32x4_t values) {
    const int32x4_t others = kDistance == 1 ? vrev64q_s32(values) : vextq_s32(values, values, 2);
    const uint32x4_t differences =
        kDistance == 1 ? uint32x4_t{0, ~0U, 0, ~0U} : uint32x4_t{0, 0, ~0U, ~0U};
    return vbslq_s32(differences, vsubq_s32(others, values), vaddq_s32(values, others));
  }

  template <typename Vector, typename Element>
  static Vector gathered(const Element* table, Ints index) {
    std::int32_t places[kPanelColumns];
    Element elements[kPanelColumns];
    store(places, index);
    for (std::size_t i = 0; i < kPanelColumns; ++i) elements[i] = table[places[i]];
    return load(elements);
  }

  template <typename Vector, typename Operation>
  static Vector each(const Vector& a, const Vector& b, Operation operation) {
    return {{operation(a.at[0], b.at[0]), operation(a.at[1], b.at[1]), operation(a.at[2], b.at[2]),
             operation(a.at[3], b.at[3])}};
  }
};

}  // namespace
}  // namespace lmpack
