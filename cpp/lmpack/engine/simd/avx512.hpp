// Vectors of 16 elements in one AVX-512 register. Compile with AVX-512 F, BW, VL and VNNI.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "lmpack/engine/packing.hpp"

namespace lmpack {
namespace {

struct Avx512 {
  static constexpr const char* kName = "avx512";
  static constexpr int kTileRows = 8;
  static constexpr int kTilePanels = 2;

  using Ints = __m512i;
  using Floats = __m512;
  using Columns = __m512i;
  using Bytes = __m512i;

  static Ints load(const std::int32_t* from) { return _mm512_loadu_si512(from); }
  static Floats load(const float* from) { return _mm512_loadu_ps(from); }
  static void store(std::int32_t* to, Ints values) { _mm512_storeu_si512(to, values); }
  static void store(float* to, Floats values) { _mm512_storeu_ps(to, values); }
  static void store_bytes(std::uint8_t* to, Ints values) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8(values));
  }
  // Vectors of values from 0 to 255.
  static void store_bytes(std::uint8_t* to, const Ints (&values)[4]) {
    // packs works on parts of 128 bits: the parts of all four vectors are interleaved.
    const __m512i low = _mm512_packs_epi32(values[0], values[1]);
    const __m512i high = _mm512_packs_epi32(values[2], values[3]);
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    _mm512_storeu_si512(to, _mm512_permutexvar_epi32(order, _mm512_packus_epi16(low, high)));
  }
  static Ints load_words(const std::uint8_t* from) { return _mm512_loadu_si512(from); }
  // The places first + i of the elements i that are not 0, of which it gives the number; 16 are
  // written.
  static std::size_t store_places(std::uint16_t* to, std::size_t first, Ints values) {
    const __mmask16 chosen = _mm512_test_epi32_mask(values, values);
    const __m512i index = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512i places =
        _mm512_add_epi32(index, _mm512_set1_epi32(static_cast<std::int32_t>(first)));
    const __m512i dense = _mm512_maskz_compress_epi32(chosen, places);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_cvtepi32_epi16(dense));
    return static_cast<std::size_t>(__builtin_popcount(chosen));
  }
  static Ints widen(const std::int8_t* from) {
    return _mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  }
  static Ints widen(const std::int16_t* from) {
    return _mm512_cvtepi16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
  }
  static void store_halves(std::int16_t* to, Ints values) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_cvtepi32_epi16(values));
  }

  static Ints broadcast(std::int32_t value) { return _mm512_set1_epi32(value); }
  static Floats broadcast(float value) { return _mm512_set1_ps(value); }

  static Columns load_columns(const std::int8_t* from) { return _mm512_loadu_si512(from); }
  static Bytes load_bytes(const std::uint8_t* from) {
    std::int32_t bytes;
    std::memcpy(&bytes, from, sizeof(bytes));
    return _mm512_set1_epi32(bytes);
  }
  // As an instruction: around the intrinsic GCC 12 copies each of the sums to another register and
  // back, which costs an eighth of the speed of a pass.
  static Ints dot(Ints sums, Bytes bytes, Columns columns) {
    asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(bytes), "v"(columns));
    return sums;
  }
  // What follows must not see where the sums come from: if it branches, GCC 12 copies each of them
  // in the loop of the products, too, which then takes half as long again.
  static void detach(Ints& sums) { asm("" : "+v"(sums)); }

  static Ints add(Ints a, Ints b) { return _mm512_add_epi32(a, b); }
  static Ints sub(Ints a, Ints b) { return _mm512_sub_epi32(a, b); }
  static Ints min(Ints a, Ints b) { return _mm512_min_epi32(a, b); }
  static Ints max(Ints a, Ints b) { return _mm512_max_epi32(a, b); }
  // Each product must fit.
  static Ints mul(Ints a, Ints b) { return _mm512_mullo_epi32(a, b); }
  static Ints bits_or(Ints a, Ints b) { return _mm512_or_si512(a, b); }
  static Ints bits_and(Ints a, Ints b) { return _mm512_and_si512(a, b); }
  template <int kBits>
  static Ints shift_right(Ints values) {
    return _mm512_srli_epi32(values, kBits);
  }
  static Ints shift_right(Ints values, Ints bits) { return _mm512_srlv_epi32(values, bits); }

  // Element i becomes the sum of elements i and i + kDistance where bit kDistance of i is 0, and
  // the difference of elements i - kDistance and i where it is 1.
  template <int kDistance>
  static Ints butterfly(Ints values) {
    static_assert(kDistance == 1 || kDistance == 2 || kDistance == 4 || kDistance == 8);
    if constexpr (kDistance == 1) {
      return sum_and_difference<0xAAAA>(values, _mm512_shuffle_epi32(values, _MM_PERM_CDAB));
    } else if constexpr (kDistance == 2) {
      return sum_and_difference<0xCCCC>(values, _mm512_shuffle_epi32(values, _MM_PERM_BADC));
    } else if constexpr (kDistance == 4) {
      return sum_and_difference<0xF0F0>(values, _mm512_shuffle_i32x4(values, values, 0xB1));
    } else {
      return sum_and_difference<0xFF00>(values, _mm512_shuffle_i32x4(values, values, 0x4E));
    }
  }

  static Ints look_up(const std::int32_t* table, Ints index) {
    return _mm512_i32gather_epi32(index, table, sizeof(std::int32_t));
  }
  static Floats look_up(const float* table, Ints index) {
    return _mm512_i32gather_ps(index, table, sizeof(float));
  }

  static Floats add(Floats a, Floats b) { return _mm512_add_ps(a, b); }
  static Floats sub(Floats a, Floats b) { return _mm512_sub_ps(a, b); }
  static Floats mul(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
  static Floats div(Floats a, Floats b) { return _mm512_div_ps(a, b); }
  static Floats min(Floats a, Floats b) { return _mm512_min_ps(a, b); }
  static Floats max(Floats a, Floats b) { return _mm512_max_ps(a, b); }
  static Floats abs(Floats values) { return _mm512_abs_ps(values); }

  static Floats to_floats(Ints values) { return _mm512_cvtepi32_ps(values); }
  static Ints round(Floats values) {
    return _mm512_cvt_roundps_epi32(values, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  static Floats nearest(Floats values) {
    return _mm512_roundscale_ps(values, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  static Ints truncate(Floats values) { return _mm512_cvttps_epi32(values); }

  static Floats first(Floats values, std::size_t count, float rest) {
    const auto mask = static_cast<__mmask16>((1U << count) - 1U);
    return _mm512_mask_blend_ps(mask, _mm512_set1_ps(rest), values);
  }
  static float largest(Floats values) { return _mm512_reduce_max_ps(values); }
  static std::int32_t sum(Ints values) { return _mm512_reduce_add_epi32(values); }

 private:
  template <__mmask16 kDifferences>
  static Ints sum_and_difference(Ints values, Ints others) {
    return _mm512_mask_sub_epi32(_mm512_add_epi32(values, others), kDifferences, others, values);
  }
};

}  // namespace
}  // namespace lmpack
