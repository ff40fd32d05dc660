// Vectors of 16 elements in two AVX2 registers, with or without the dot product of AVX-VNNI.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "lmpack/engine/packing.hpp"

namespace lmpack {
namespace {

// The products of four bytes with 8 columns, in 16-bit steps: pairs fit without saturation, as
// 2 * 255 * 64 < 2**15.
struct PairwiseDot {
  static constexpr const char* kName = "avx2";
  static __m256i dot(__m256i sums, __m256i bytes, __m256i columns) {
    const __m256i pairs = _mm256_maddubs_epi16(bytes, columns);
    return _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
};

template <typename Dot>
struct Avx2 {
  static constexpr const char* kName = Dot::kName;
  static constexpr int kTileRows = 4;
  static constexpr int kTilePanels = 1;

  struct Ints {
    __m256i low, high;
  };
  struct Floats {
    __m256 low, high;
  };
  using Columns = Ints;
  using Bytes = __m256i;

  static Ints load(const std::int32_t* from) { return load_lines(from); }
  static Floats load(const float* from) {
    return {_mm256_loadu_ps(from), _mm256_loadu_ps(from + 8)};
  }
  static void store(std::int32_t* to, Ints values) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), values.low);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 8), values.high);
  }
  static void store(float* to, Floats values) {
    _mm256_storeu_ps(to, values.low);
    _mm256_storeu_ps(to + 8, values.high);
  }
  static void store_bytes(std::uint8_t* to, Ints values) {
    const __m256i mask = _mm256_set1_epi32(255);
    const __m256i words = _mm256_packus_epi32(_mm256_and_si256(values.low, mask),
                                              _mm256_and_si256(values.high, mask));
    // packus works on halves of 128 bits: 0-3, 8-11, 4-7, 12-15.
    const __m256i ordered = _mm256_permute4x64_epi64(words, 0xD8);
    const __m128i bytes =
        _mm_packus_epi16(_mm256_castsi256_si128(ordered), _mm256_extracti128_si256(ordered, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
  }
  // Vectors of values from 0 to 255.
  static void store_bytes(std::uint8_t* to, const Ints (&values)[4]) {
    // packs works on halves of 128 bits: the halves of all vectors are interleaved.
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    for (int i = 0; i < 2; ++i) {
      const __m256i low = _mm256_packs_epi32(values[2 * i].low, values[2 * i].high);
      const __m256i high = _mm256_packs_epi32(values[2 * i + 1].low, values[2 * i + 1].high);
      const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(low, high), order);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to) + i, bytes);
    }
  }
  static Ints load_words(const std::uint8_t* from) { return load_lines(from); }
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
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    return {_mm256_cvtepi8_epi32(bytes), _mm256_cvtepi8_epi32(_mm_srli_si128(bytes, 8))};
  }
  static Ints widen(const std::int16_t* from) {
    const auto* lines = reinterpret_cast<const __m128i*>(from);
    return {_mm256_cvtepi16_epi32(_mm_loadu_si128(lines)),
            _mm256_cvtepi16_epi32(_mm_loadu_si128(lines + 1))};
  }
  // Each must fit.
  static void store_halves(std::int16_t* to, Ints values) {
    const __m256i halves = _mm256_packs_epi32(values.low, values.high);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_permute4x64_epi64(halves, 0xD8));
  }

  static Ints broadcast(std::int32_t value) {
    return {_mm256_set1_epi32(value), _mm256_set1_epi32(value)};
  }
  static Floats broadcast(float value) { return {_mm256_set1_ps(value), _mm256_set1_ps(value)}; }

  static Columns load_columns(const std::int8_t* from) { return load_lines(from); }
  static Bytes load_bytes(const std::uint8_t* from) {
    std::int32_t bytes;
    std::memcpy(&bytes, from, sizeof(bytes));
    return _mm256_set1_epi32(bytes);
  }
  static Ints dot(Ints sums, Bytes bytes, Columns columns) {
    return {Dot::dot(sums.low, bytes, columns.low), Dot::dot(sums.high, bytes, columns.high)};
  }
  static void detach(Ints&) {}

  static Ints add(Ints a, Ints b) {
    return {_mm256_add_epi32(a.low, b.low), _mm256_add_epi32(a.high, b.high)};
  }
  static Ints sub(Ints a, Ints b) {
    return {_mm256_sub_epi32(a.low, b.low), _mm256_sub_epi32(a.high, b.high)};
  }
  static Ints min(Ints a, Ints b) {
    return {_mm256_min_epi32(a.low, b.low), _mm256_min_epi32(a.high, b.high)};
  }
  static Ints max(Ints a, Ints b) {
    return {_mm256_max_epi32(a.low, b.low), _mm256_max_epi32(a.high, b.high)};
  }
  // Each product must fit.
  static Ints mul(Ints a, Ints b) {
    return {_mm256_mullo_epi32(a.low, b.low), _mm256_mullo_epi32(a.high, b.high)};
  }
  static Ints bits_or(Ints a, Ints b) {
    return {_mm256_or_si256(a.low, b.low), _mm256_or_si256(a.high, b.high)};
  }
  static Ints bits_and(Ints a, Ints b) {
    return {_mm256_and_si256(a.low, b.low), _mm256_and_si256(a.high, b.high)};
  }
  template <int kBits>
  static Ints shift_right(Ints values) {
    return {_mm256_srli_epi32(values.low, kBits), _mm256_srli_epi32(values.high, kBits)};
  }
  static Ints shift_right(Ints values, Ints bits) {
    return {_mm256_srlv_epi32(values.low, bits.low), _mm256_srlv_epi32(values.high, bits.high)};
  }

  // Element i becomes the sum of elements i and i + kDistance where bit kDistance of i is 0, and
  // the difference of elements i - kDistance and i where it is 1.
  template <int kDistance>
  static Ints butterfly(Ints values) {
    static_assert(kDistance == 1 || kDistance == 2 || kDistance == 4 || kDistance == 8);
    if constexpr (kDistance == 8) {
      return {_mm256_add_epi32(values.low, values.high), _mm256_sub_epi32(values.low, values.high)};
    } else {
      return {butterfly_of_eight<kDistance>(values.low),
              butterfly_of_eight<kDistance>(values.high)};
    }
  }

  static Ints look_up(const std::int32_t* table, Ints index) {
    return {_mm256_i32gather_epi32(table, index.low, sizeof(std::int32_t)),
            _mm256_i32gather_epi32(table, index.high, sizeof(std::int32_t))};
  }
  static Floats look_up(const float* table, Ints index) {
    return {_mm256_i32gather_ps(table, index.low, sizeof(float)),
            _mm256_i32gather_ps(table, index.high, sizeof(float))};
  }

  static Floats add(Floats a, Floats b) {
    return {_mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high)};
  }
  static Floats sub(Floats a, Floats b) {
    return {_mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high)};
  }
  static Floats mul(Floats a, Floats b) {
    return {_mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high)};
  }
  static Floats div(Floats a, Floats b) {
    return {_mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high)};
  }
  static Floats min(Floats a, Floats b) {
    return {_mm256_min_ps(a.low, b.low), _mm256_min_ps(a.high, b.high)};
  }
  static Floats max(Floats a, Floats b) {
    return {_mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high)};
  }
  static Floats abs(Floats values) {
    const __m256 sign = _mm256_set1_ps(-0.0F);
    return {_mm256_andnot_ps(sign, values.low), _mm256_andnot_ps(sign, values.high)};
  }

  static Floats to_floats(Ints values) {
    return {_mm256_cvtepi32_ps(values.low), _mm256_cvtepi32_ps(values.high)};
  }
  // In the processor's rounding mode, which is half to even unless a program changes it.
  static Ints round(Floats values) {
    return {_mm256_cvtps_epi32(values.low), _mm256_cvtps_epi32(values.high)};
  }
  static Floats nearest(Floats values) {
    constexpr int kHalfToEven = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
    return {_mm256_round_ps(values.low, kHalfToEven), _mm256_round_ps(values.high, kHalfToEven)};
  }
  static Ints truncate(Floats values) {
    return {_mm256_cvttps_epi32(values.low), _mm256_cvttps_epi32(values.high)};
  }

  static Floats first(Floats values, std::size_t count, float rest) {
    const __m256i limit = _mm256_set1_epi32(static_cast<std::int32_t>(count));
    const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i low = _mm256_cmpgt_epi32(limit, index);
    const __m256i high = _mm256_cmpgt_epi32(limit, _mm256_add_epi32(index, _mm256_set1_epi32(8)));
    const __m256 other = _mm256_set1_ps(rest);
    return {_mm256_blendv_ps(other, values.low, _mm256_castsi256_ps(low)),
            _mm256_blendv_ps(other, values.high, _mm256_castsi256_ps(high))};
  }
  static float largest(Floats values) {
    const __m256 eight = _mm256_max_ps(values.low, values.high);
    __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    four = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(four, _mm_shuffle_ps(four, four, 1)));
  }
  static std::int32_t sum(Ints values) {
    const __m256i eight = _mm256_add_epi32(values.low, values.high);
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4E));
    return _mm_cvtsi128_si32(_mm_add_epi32(four, _mm_shuffle_epi32(four, 0xB1)));
  }

 private:
  template <int kDistance>
  static __m256i butterfly_of_eight(__m256i values) {
    constexpr int kDifferences = kDistance == 1 ? 0xAA : kDistance == 2 ? 0xCC : 0xF0;
    __m256i others;
    if constexpr (kDistance == 4) {
      others = _mm256_permute2x128_si256(values, values, 1);
    } else {
      others = _mm256_shuffle_epi32(values, kDistance == 1 ? 0xB1 : 0x4E);
    }
    return _mm256_blend_epi32(_mm256_add_epi32(values, others), _mm256_sub_epi32(others, values),
                              kDifferences);
  }

  template <typename Element>
  static Ints load_lines(const Element* from) {
    const auto* lines = reinterpret_cast<const __m256i*>(from);
    return {_mm256_loadu_si256(lines), _mm256_loadu_si256(lines + 1)};
  }
};

}  // namespace
}  // namespace lmpack
