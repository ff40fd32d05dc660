// The steps of mixing in vectors of 512 bits.
#include <immintrin.h>

#include "lmpack/mixing/context_kernels.hpp"
#include "lmpack/mixing/kernels_x86.hpp"
#include "lmpack/mixing/mixing_kernels.hpp"

namespace lmpack {
namespace {

constexpr std::size_t kWidth = 32;

// Each sum of 32 bits gets two products of a vector.
constexpr std::size_t kVectorsAtOnce = 8;
static_assert(2 * kVectorsAtOnce <= MixingKernels::kSummed);
constexpr std::size_t kSummedAtOnce = kVectorsAtOnce * kWidth;

__m512i load(const std::int16_t* from) { return _mm512_loadu_si512(from); }

SplitSums sums_of(const std::int16_t* inputs, const std::int16_t* row, std::size_t size) {
  SplitSums sums;
  const std::size_t whole = size / kWidth * kWidth;
  for (std::size_t first = 0; first < whole; first += kSummedAtOnce) {
    const std::size_t end = first + kSummedAtOnce < whole ? first + kSummedAtOnce : whole;
    __m512i part = _mm512_setzero_si512();
    for (std::size_t i = first; i < end; i += kWidth) {
      part = _mm512_add_epi32(part, _mm512_madd_epi16(load(inputs + i), load(row + i)));
    }
    sums.add(_mm512_castsi512_si256(part));
    sums.add(_mm512_extracti64x4_epi64(part, 1));
  }
  if (whole < size) sums.add(_mm256_madd_epi16(load16(inputs + whole), load16(row + whole)));
  return sums;
}

void mix(const std::int16_t* inputs, std::size_t size, const std::int16_t* const* rows,
         std::size_t count, std::int16_t* logits) {
  mix_rows(inputs, size, rows, count, logits,
           [&](const std::int16_t* row) { return sums_of(inputs, row, size); });
}

void find_errors(const std::int16_t* logits, const std::int16_t* rates,
                 const std::uint16_t* squashes, std::uint32_t bit, std::int16_t* errors) {
  const __m512i places = _mm512_add_epi32(_mm512_cvtepi16_epi32(load16(logits)),
                                          _mm512_set1_epi32(MixingKernels::kLargestInput));
  const __m512i p =
      _mm512_and_si512(_mm512_i32gather_epi32(places, squashes, 2), _mm512_set1_epi32(0xFFFF));
  const __m512i lacks = _mm512_sub_epi32(_mm512_set1_epi32(bit != 0 ? 1 << 16 : 0), p);
  const __m512i products = _mm512_mullo_epi32(lacks, _mm512_cvtepi16_epi32(load16(rates)));
  const __m256i steps =
      _mm512_cvtsepi32_epi16(_mm512_srai_epi32(products, MixingKernels::kRateBits));
  _mm256_store_si256(reinterpret_cast<__m256i*>(errors),
                     _mm256_max_epi16(steps, _mm256_set1_epi16(-32767)));
}

void train(const std::int16_t* inputs, std::size_t size, std::int16_t* const* rows,
           std::size_t count, const std::int16_t* errors) {
  const std::size_t whole = size / kWidth * kWidth;
  for (std::size_t k = 0; k < count; ++k) {
    std::int16_t* const row = rows[k];
    const __m512i error = _mm512_set1_epi16(errors[k]);
    for (std::size_t i = 0; i < whole; i += kWidth) {
      const __m512i step = _mm512_mulhrs_epi16(load(inputs + i), error);
      _mm512_storeu_si512(row + i, _mm512_adds_epi16(load(row + i), step));
    }
    if (whole == size) continue;
    const __m256i step = _mm256_mulhrs_epi16(load16(inputs + whole), _mm512_castsi512_si256(error));
    _mm256_store_si256(reinterpret_cast<__m256i*>(row + whole),
                       _mm256_adds_epi16(load16(row + whole), step));
  }
}

// Sixteen contexts at a time.
struct Entries16 {
  static constexpr std::size_t kLanes = 16;

  __m512i value;

  static Entries16 all(std::int32_t value) { return {_mm512_set1_epi32(value)}; }
  static Entries16 numbers(std::size_t first) {
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return {_mm512_add_epi32(_mm512_set1_epi32(static_cast<int>(first)), lanes)};
  }
  static Entries16 load(const std::uint32_t* from) { return {_mm512_load_si512(from)}; }
  void store(std::uint32_t* to) const { _mm512_store_si512(to, value); }
  void store_narrow(std::int16_t* to, const std::int16_t* others) const {
    const __m256i other = _mm256_load_si256(reinterpret_cast<const __m256i*>(others));
    _mm256_store_si256(reinterpret_cast<__m256i*>(to),
                       _mm256_or_si256(_mm512_cvtepi32_epi16(value), other));
  }
  template <int kScale>
  Entries16 gathered(const void* table) const {
    return {_mm512_i32gather_epi32(value, table, kScale)};
  }
  Entries16 of(const std::uint8_t* table) const { return gathered<1>(table) & all(0xFF); }
  Entries16 of(const std::int16_t* table) const {
    return gathered<2>(table).shift_left<16>().shift<16>();
  }
  Entries16 of(const std::uint32_t* table) const { return gathered<4>(table); }
  void put(std::uint32_t* table, Entries16 entries) const {
    _mm512_i32scatter_epi32(table, value, entries.value, 4);
  }
  static Entries16 of_histories(BitHistory* const* histories, std::size_t node) {
    const auto eight = [&](std::size_t first) {
      const __m512i places = _mm512_load_si512(histories + first);
      const __m512i offsets = _mm512_set1_epi64(static_cast<long long>(node));
      return _mm512_i64gather_epi32(_mm512_add_epi64(places, offsets), nullptr, 1);
    };
    const __m512i both = _mm512_inserti64x4(_mm512_castsi256_si512(eight(0)), eight(8), 1);
    return Entries16{both} & all(0xFF);
  }
  void put_histories(BitHistory* const* histories, std::size_t node, std::size_t count) const {
    alignas(16) BitHistory values[kLanes];
    _mm_store_si128(reinterpret_cast<__m128i*>(values), _mm512_cvtepi32_epi8(value));
    for (std::size_t i = 0; i < count; ++i) histories[i][node] = values[i];
  }
  Entries16 equal_then(Entries16 other, Entries16 yes, Entries16 no) const {
    return {
        _mm512_mask_blend_epi32(_mm512_cmpeq_epi32_mask(value, other.value), no.value, yes.value)};
  }
  Entries16 min(Entries16 other) const { return {_mm512_min_epi32(value, other.value)}; }
  template <int kBits>
  Entries16 shift() const {
    return {_mm512_srai_epi32(value, kBits)};
  }
  template <int kBits>
  Entries16 shift_unsigned() const {
    return {_mm512_srli_epi32(value, kBits)};
  }
  template <int kBits>
  Entries16 shift_left() const {
    return {_mm512_slli_epi32(value, kBits)};
  }
  Entries16 shift_unsigned(int bits) const {
    return {_mm512_srl_epi32(value, _mm_cvtsi32_si128(bits))};
  }

  friend Entries16 operator+(Entries16 a, Entries16 b) {
    return {_mm512_add_epi32(a.value, b.value)};
  }
  friend Entries16 operator-(Entries16 a, Entries16 b) {
    return {_mm512_sub_epi32(a.value, b.value)};
  }
  friend Entries16 operator*(Entries16 a, Entries16 b) {
    return {_mm512_mullo_epi32(a.value, b.value)};
  }
  friend Entries16 operator&(Entries16 a, Entries16 b) {
    return {_mm512_and_si512(a.value, b.value)};
  }
  friend Entries16 operator|(Entries16 a, Entries16 b) {
    return {_mm512_or_si512(a.value, b.value)};
  }
};

}  // namespace

const MixingKernels kAvx512Mixing = {
    "avx512", mix, find_errors, train, predict_contexts<Entries16>, learn_contexts<Entries16>,
};

}  // namespace lmpack
