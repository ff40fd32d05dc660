// Eight contexts at a time, in vectors of 256 bits.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "lmpack/mixing/entries.hpp"

namespace lmpack {
namespace {

struct Entries8 {
  static constexpr std::size_t kLanes = 8;

  __m256i value;

  static Entries8 all(std::int32_t value) { return {_mm256_set1_epi32(value)}; }
  static Entries8 numbers(std::size_t first) {
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return {_mm256_add_epi32(_mm256_set1_epi32(static_cast<int>(first)), lanes)};
  }
  static Entries8 load(const std::uint32_t* from) {
    return {_mm256_load_si256(reinterpret_cast<const __m256i*>(from))};
  }
  void store(std::uint32_t* to) const { _mm256_store_si256(reinterpret_cast<__m256i*>(to), value); }
  void store_narrow(std::int16_t* to) const {
    const __m128i low = _mm256_castsi256_si128(value);
    const __m128i high = _mm256_extracti128_si256(value, 1);
    _mm_store_si128(reinterpret_cast<__m128i*>(to), _mm_packs_epi32(low, high));
  }
  template <int kScale>
  Entries8 gathered(const void* table) const {
    return {_mm256_i32gather_epi32(static_cast<const int*>(table), value, kScale)};
  }
  Entries8 of(const std::uint8_t* table) const { return gathered<1>(table) & all(0xFF); }
  Entries8 of(const std::int16_t* table) const {
    return gathered<2>(table).shift_left<16>().shift<16>();
  }
  Entries8 of(const std::uint32_t* table) const { return gathered<4>(table); }
  void put(std::uint32_t* table, Entries8 entries) const {
    alignas(32) std::uint32_t places[kLanes];
    alignas(32) std::uint32_t values[kLanes];
    store(places);
    entries.store(values);
    for (std::size_t i = 0; i < kLanes; ++i) table[places[i]] = values[i];
  }
  static Entries8 of_histories(BitHistory* const* histories, std::size_t node) {
    const auto four = [&](std::size_t first) {
      const __m256i places = _mm256_load_si256(reinterpret_cast<const __m256i*>(histories + first));
      const __m256i offsets = _mm256_set1_epi64x(static_cast<long long>(node));
      return _mm256_i64gather_epi32(nullptr, _mm256_add_epi64(places, offsets), 1);
    };
    return Entries8{_mm256_set_m128i(four(4), four(0))} & all(0xFF);
  }
  void put_histories(BitHistory* const* histories, std::size_t node, std::size_t count) const {
    alignas(32) std::uint32_t values[kLanes];
    store(values);
    for (std::size_t i = 0; i < count; ++i) {
      histories[i][node] = static_cast<BitHistory>(values[i]);
    }
  }
  Entries8 equal_then(Entries8 other, Entries8 yes, Entries8 no) const {
    return {_mm256_blendv_epi8(no.value, yes.value, _mm256_cmpeq_epi32(value, other.value))};
  }
  Entries8 min(Entries8 other) const { return {_mm256_min_epi32(value, other.value)}; }
  template <int kBits>
  Entries8 shift() const {
    return {_mm256_srai_epi32(value, kBits)};
  }
  template <int kBits>
  Entries8 shift_unsigned() const {
    return {_mm256_srli_epi32(value, kBits)};
  }
  template <int kBits>
  Entries8 shift_left() const {
    return {_mm256_slli_epi32(value, kBits)};
  }
  Entries8 shift_unsigned(int bits) const {
    return {_mm256_srl_epi32(value, _mm_cvtsi32_si128(bits))};
  }

  friend Entries8 operator+(Entries8 a, Entries8 b) { return {_mm256_add_epi32(a.value, b.value)}; }
  friend Entries8 operator-(Entries8 a, Entries8 b) { return {_mm256_sub_epi32(a.value, b.value)}; }
  friend Entries8 operator*(Entries8 a, Entries8 b) {
    return {_mm256_mullo_epi32(a.value, b.value)};
  }
  friend Entries8 operator&(Entries8 a, Entries8 b) { return {_mm256_and_si256(a.value, b.value)}; }
  friend Entries8 operator|(Entries8 a, Entries8 b) { return {_mm256_or_si256(a.value, b.value)}; }
};

}  // namespace
}  // namespace lmpack
