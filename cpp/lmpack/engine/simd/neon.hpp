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
  static Ints widen(const std::int8_t* from) {
    const int8x16_t bytes = vld1q_s8(from);
    const int16x8_t low = vmovl_s8(vget_low_s8(bytes));
    const int16x8_t high = vmovl_s8(vget_high_s8(bytes));
    return {{vmovl_s16(vget_low_s16(low)), vmovl_s16(vget_high_s16(low)),
             vmovl_s16(vget_low_s16(high)), vmovl_s16(vget_high_s16(high))}};
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

  static Ints add(Ints a, Ints b) { return each<Ints>(a, b, vaddq_s32); }
  static Ints min(Ints a, Ints b) { return each<Ints>(a, b, vminq_s32); }
  static Ints max(Ints a, Ints b) { return each<Ints>(a, b, vmaxq_s32); }

  static Floats add(Floats a, Floats b) { return each<Floats>(a, b, vaddq_f32); }
  static Floats sub(Floats a, Floats b) { return each<Floats>(a, b, vsubq_f32); }
  static Floats mul(Floats a, Floats b) { return each<Floats>(a, b, vmulq_f32); }
  static Floats div(Floats a, Floats b) { return each<Floats>(a, b, vdivq_f32); }
  static Floats min(Floats a, Floats b) { return each<Floats>(a, b, vminq_f32); }
  static Floats max(Floats a, Floats b) { return each<Floats>(a, b, vmaxq_f32); }

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
  template <typename Vector, typename Operation>
  static Vector each(const Vector& a, const Vector& b, Operation operation) {
    return {{operation(a.at[0], b.at[0]), operation(a.at[1], b.at[1]), operation(a.at[2], b.at[2]),
             operation(a.at[3], b.at[3])}};
  }
};

}  // namespace
}  // namespace lmpack
