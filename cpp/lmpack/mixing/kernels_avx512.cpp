// The steps of mixing in vectors of 512 bits.
#include <immintrin.h>

#include "lmpack/mixing/context_kernels.hpp"
#include "lmpack/mixing/entries_x86.hpp"
#include "lmpack/mixing/kernels_x86.hpp"
#include "lmpack/mixing/mixing_kernels.hpp"

namespace lmpack {
namespace {

constexpr std::size_t kWidth = MixingKernels::kGroup;
static_assert(kWidth == 32);

// Each sum of 32 bits gets two products of a vector, and then those of the vector's other half.
constexpr std::size_t kVectorsAtOnce = 4;
static_assert(2 * 2 * kVectorsAtOnce <= MixingKernels::kSummed);
constexpr std::size_t kSummedAtOnce = kVectorsAtOnce * kWidth;

__m512i load(const std::int16_t* from) { return _mm512_load_si512(from); }

SplitSums sums_of(const std::int16_t* inputs, const std::int16_t* row, std::size_t size) {
  SplitSums sums;
  for (std::size_t first = 0; first < size; first += kSummedAtOnce) {
    const std::size_t end = first + kSummedAtOnce < size ? first + kSummedAtOnce : size;
    __m512i part = _mm512_setzero_si512();
    for (std::size_t i = first; i < end; i += kWidth) {
      part = _mm512_add_epi32(part, _mm512_madd_epi16(load(inputs + i), load(row + i)));
    }
    sums.add(_mm256_add_epi32(_mm512_castsi512_si256(part), _mm512_extracti64x4_epi64(part, 1)));
  }
  return sums;
}

void mix(const std::int16_t* inputs, std::size_t size, const std::int16_t* const* rows,
         std::size_t count, std::int16_t* logits) {
  mix_rows(inputs, size, rows, count, logits,
           [&](const std::int16_t* row) { return sums_of(inputs, row, size); });
}

void train(const std::int16_t* inputs, std::size_t size, std::int16_t* const* rows,
           std::size_t count, const std::int16_t* errors) {
  for (std::size_t k = 0; k < count; ++k) {
    std::int16_t* const row = rows[k];
    const __m512i error = _mm512_set1_epi16(errors[k]);
    for (std::size_t i = 0; i < size; i += kWidth) {
      const __m512i step = _mm512_mulhrs_epi16(load(inputs + i), error);
      _mm512_store_si512(row + i, _mm512_adds_epi16(load(row + i), step));
    }
  }
}

// The histories and the runs of eight contexts.
struct Entries16 {
  __m512i value;

  Entries16(__m512i both) : value(both) {}
  Entries16(Entries8 of_histories, Entries8 of_runs)
      : value(_mm512_inserti64x4(_mm512_castsi256_si512(of_histories.value), of_runs.value, 1)) {}
  Entries8 histories() const { return {_mm512_castsi512_si256(value)}; }

  static Entries16 all(std::int32_t value) { return {_mm512_set1_epi32(value)}; }
  static Entries16 load(const std::uint32_t* from) { return {_mm512_load_si512(from)}; }
  void store(std::uint32_t* to) const { _mm512_store_si512(to, value); }
  void store_narrow(std::int16_t* to) const {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_cvtepi32_epi16(value));
  }
  template <int kScale>
  Entries16 gathered(const void* table) const {
    return {_mm512_i32gather_epi32(value, table, kScale)};
  }
  Entries16 of(const std::int16_t* table) const {
    return gathered<2>(table).shift_left<16>().shift<16>();
  }
  Entries16 of(const std::uint32_t* table) const { return gathered<4>(table); }
  void put(std::uint32_t* table, Entries16 entries) const {
    _mm512_i32scatter_epi32(table, value, entries.value, 4);
  }
  Entries16 equal_then(Entries16 other, Entries16 yes, Entries16 no) const {
    return {
        _mm512_mask_blend_epi32(_mm512_cmpeq_epi32_mask(value, other.value), no.value, yes.value)};
  }
  Entries16 min(Entries16 other) const { return {_mm512_min_epi32(value, other.value)}; }
  Entries16 halved_runs() const { return {_mm512_mask_srai_epi32(value, 0xFF00, value, 1)}; }
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
    mix,

    train,
    predict_contexts<Entries8, Entries16>,
    learn_contexts<Entries8, Entries16>,
};

}  // namespace lmpack
