// The steps of mixing in vectors of 256 bits.
#include <immintrin.h>

#include "lmpack/mixing/context_kernels.hpp"
#include "lmpack/mixing/mixing_kernels.hpp"

namespace lmpack {
namespace {

constexpr std::size_t kWidth = 16;

// Each sum of 32 bits gets two products of a vector.
constexpr std::size_t kVectorsAtOnce = 8;
static_assert(2 * kVectorsAtOnce <= MixingKernels::kSummed);
constexpr std::size_t kSummedAtOnce = kVectorsAtOnce * kWidth;

__m256i load(const std::int16_t* from) {
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(from));
}

__m256i widened(__m256i sums) {
  return _mm256_add_epi64(_mm256_cvtepi32_epi64(_mm256_castsi256_si128(sums)),
                          _mm256_cvtepi32_epi64(_mm256_extracti128_si256(sums, 1)));
}

std::int64_t total(__m256i sums) {
  const __m128i pair =
      _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  return _mm_extract_epi64(pair, 0) + _mm_extract_epi64(pair, 1);
}

void dot(const std::int16_t* inputs, std::size_t size, const std::int16_t* const* rows,
         std::size_t count, std::int64_t* sums) {
  for (std::size_t k = 0; k < count; ++k) {
    __m256i wide = _mm256_setzero_si256();
    for (std::size_t first = 0; first < size; first += kSummedAtOnce) {
      const std::size_t end = first + kSummedAtOnce < size ? first + kSummedAtOnce : size;
      __m256i part = _mm256_setzero_si256();
      for (std::size_t i = first; i < end; i += kWidth) {
        part = _mm256_add_epi32(part, _mm256_madd_epi16(load(inputs + i), load(rows[k] + i)));
      }
      wide = _mm256_add_epi64(wide, widened(part));
    }
    sums[k] = total(wide);
  }
}

void train(const std::int16_t* inputs, std::size_t size, std::int16_t* const* rows,
           std::size_t count, const std::int16_t* errors) {
  for (std::size_t k = 0; k < count; ++k) {
    const __m256i error = _mm256_set1_epi16(errors[k]);
    for (std::size_t i = 0; i < size; i += kWidth) {
      const __m256i step = _mm256_mulhrs_epi16(load(inputs + i), error);
      _mm256_store_si256(reinterpret_cast<__m256i*>(rows[k] + i),
                         _mm256_adds_epi16(load(rows[k] + i), step));
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
  void store_narrow(std::int16_t* to) const {
    const __m128i low = _mm256_castsi256_si128(value);
    const __m128i high = _mm256_extracti128_si256(value, 1);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_packs_epi32(low, high));
  }
  Entries8 of(const std::int32_t* table) const { return {_mm256_i32gather_epi32(table, value, 4)}; }
  Entries8 of(const std::uint32_t* table) const {
    return of(reinterpret_cast<const std::int32_t*>(table));
  }
  void put(std::uint32_t* table, Entries8 entries) const {
    alignas(32) std::uint32_t places[kLanes];
    alignas(32) std::uint32_t values[kLanes];
    store(places);
    entries.store(values);
    for (std::size_t i = 0; i < kLanes; ++i) table[places[i]] = values[i];
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
    "avx2",
    dot,
    train,
    predict_histories<Entries8>,
    learn_histories<Entries8>,
    predict_runs<Entries8>,
    learn_runs<Entries8>,
};

}  // namespace lmpack
