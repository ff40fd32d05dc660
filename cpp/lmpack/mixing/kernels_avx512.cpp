// The steps of mixing in vectors of 512 bits.
#include <immintrin.h>

#include "lmpack/mixing/context_kernels.hpp"
#include "lmpack/mixing/mixing_kernels.hpp"

namespace lmpack {
namespace {

constexpr std::size_t kWidth = 32;

// Each sum of 32 bits gets two products of a vector.
constexpr std::size_t kVectorsAtOnce = 8;
static_assert(2 * kVectorsAtOnce <= MixingKernels::kSummed);
constexpr std::size_t kSummedAtOnce = kVectorsAtOnce * kWidth;

__m512i load(const std::int16_t* from) {
  return _mm512_load_si512(reinterpret_cast<const __m512i*>(from));
}

__m512i widened(__m512i sums) {
  return _mm512_add_epi64(_mm512_cvtepi32_epi64(_mm512_castsi512_si256(sums)),
                          _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(sums, 1)));
}

void dot(const std::int16_t* inputs, std::size_t size, const std::int16_t* const* rows,
         std::size_t count, std::int64_t* sums) {
  for (std::size_t k = 0; k < count; ++k) {
    __m512i wide = _mm512_setzero_si512();
    for (std::size_t first = 0; first < size; first += kSummedAtOnce) {
      const std::size_t end = first + kSummedAtOnce < size ? first + kSummedAtOnce : size;
      __m512i part = _mm512_setzero_si512();
      for (std::size_t i = first; i < end; i += kWidth) {
        part = _mm512_add_epi32(part, _mm512_madd_epi16(load(inputs + i), load(rows[k] + i)));
      }
      wide = _mm512_add_epi64(wide, widened(part));
    }
    sums[k] = _mm512_reduce_add_epi64(wide);
  }
}

void train(const std::int16_t* inputs, std::size_t size, std::int16_t* const* rows,
           std::size_t count, const std::int16_t* errors) {
  for (std::size_t k = 0; k < count; ++k) {
    const __m512i error = _mm512_set1_epi16(errors[k]);
    for (std::size_t i = 0; i < size; i += kWidth) {
      const __m512i step = _mm512_mulhrs_epi16(load(inputs + i), error);
      _mm512_store_si512(reinterpret_cast<__m512i*>(rows[k] + i),
                         _mm512_adds_epi16(load(rows[k] + i), step));
    }
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
  void store_narrow(std::int16_t* to) const {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_cvtepi32_epi16(value));
  }
  Entries16 of(const std::int32_t* table) const {
    return {_mm512_i32gather_epi32(value, table, 4)};
  }
  Entries16 of(const std::uint32_t* table) const {
    return of(reinterpret_cast<const std::int32_t*>(table));
  }
  void put(std::uint32_t* table, Entries16 entries) const {
    _mm512_i32scatter_epi32(table, value, entries.value, 4);
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
    "avx512",
    dot,
    train,
    predict_histories<Entries16>,
    learn_histories<Entries16>,
    predict_runs<Entries16>,
    learn_runs<Entries16>,
};

}  // namespace lmpack
