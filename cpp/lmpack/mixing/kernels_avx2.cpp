// The steps of mixing in vectors of 256 bits.
#include <immintrin.h>

#include "lmpack/mixing/context_kernels.hpp"
#include "lmpack/mixing/kernels_x86.hpp"
#include "lmpack/mixing/mixing_kernels.hpp"

namespace lmpack {
namespace {

constexpr std::size_t kWidth = 16;

// Each sum of 32 bits gets two products of a vector.
constexpr std::size_t kVectorsAtOnce = 8;
static_assert(2 * kVectorsAtOnce <= MixingKernels::kSummed);
constexpr std::size_t kSummedAtOnce = kVectorsAtOnce * kWidth;

SplitSums sums_of(const std::int16_t* inputs, const std::int16_t* row, std::size_t size) {
  SplitSums sums;
  for (std::size_t first = 0; first < size; first += kSummedAtOnce) {
    const std::size_t end = first + kSummedAtOnce < size ? first + kSummedAtOnce : size;
    __m256i part = _mm256_setzero_si256();
    for (std::size_t i = first; i < end; i += kWidth) {
      part = _mm256_add_epi32(part, _mm256_madd_epi16(load16(inputs + i), load16(row + i)));
    }
    sums.add(part);
  }
  return sums;
}

void mix(const std::int16_t* inputs, std::size_t size, const std::int16_t* const* rows,
         std::size_t count, std::int16_t* logits) {
  mix_rows(inputs, size, rows, count, logits,
           [&](const std::int16_t* row) { return sums_of(inputs, row, size); });
}

// Of eight rows.
__m256i errors_of(const std::int16_t* logits, const std::int16_t* rates,
                  const std::uint16_t* squashes, std::uint32_t bit) {
  const auto widened = [](const std::int16_t* from) {
    return _mm256_cvtepi16_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(from)));
  };
  const __m256i places =
      _mm256_add_epi32(widened(logits), _mm256_set1_epi32(MixingKernels::kLargestInput));
  const __m256i p =
      _mm256_and_si256(_mm256_i32gather_epi32(reinterpret_cast<const int*>(squashes), places, 2),
                       _mm256_set1_epi32(0xFFFF));
  const __m256i lacks = _mm256_sub_epi32(_mm256_set1_epi32(bit != 0 ? 1 << 16 : 0), p);
  return _mm256_srai_epi32(_mm256_mullo_epi32(lacks, widened(rates)), MixingKernels::kRateBits);
}

void find_errors(const std::int16_t* logits, const std::int16_t* rates,
                 const std::uint16_t* squashes, std::uint32_t bit, std::int16_t* errors) {
  const __m256i low = errors_of(logits, rates, squashes, bit);
  const __m256i high = errors_of(logits + 8, rates + 8, squashes, bit);
  const __m256i packed = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xD8);
  _mm256_store_si256(reinterpret_cast<__m256i*>(errors),
                     _mm256_max_epi16(packed, _mm256_set1_epi16(-32767)));
}

void train(const std::int16_t* inputs, std::size_t size, std::int16_t* const* rows,
           std::size_t count, const std::int16_t* errors) {
  for (std::size_t k = 0; k < count; ++k) {
    const __m256i error = _mm256_set1_epi16(errors[k]);
    for (std::size_t i = 0; i < size; i += kWidth) {
      const __m256i step = _mm256_mulhrs_epi16(load16(inputs + i), error);
      _mm256_store_si256(reinterpret_cast<__m256i*>(rows[k] + i),
                         _mm256_adds_epi16(load16(rows[k] + i), step));
    }
  }
}

// Eight contexts at a time.
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
  void store_narrow(std::int16_t* to, const std::int16_t* others) const {
    const __m128i low = _mm256_castsi256_si128(value);
    const __m128i high = _mm256_extracti128_si256(value, 1);
    const __m128i other = _mm_load_si128(reinterpret_cast<const __m128i*>(others));
    _mm_store_si128(reinterpret_cast<__m128i*>(to),
                    _mm_or_si128(_mm_packs_epi32(low, high), other));
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

const MixingKernels kAvx2Mixing = {
    "avx2", mix, find_errors, train, predict_contexts<Entries8>, learn_contexts<Entries8>,
};

}  // namespace lmpack
