// The last steps of mixing, in vectors of 256 bits, that the kernels of x86 share.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "lmpack/mixing/mixing_kernels.hpp"

namespace lmpack {
namespace {

// The sum of products of a row: high * 2**kWeightBits + low, with eight parts of both, so that 32
// bits are enough.
struct SplitSums {
  __m256i high = _mm256_setzero_si256();
  __m256i low = _mm256_setzero_si256();

  void add(__m256i sums) {
    const __m256i mask = _mm256_set1_epi32((1 << MixingKernels::kWeightBits) - 1);
    high = _mm256_add_epi32(high, _mm256_srai_epi32(sums, MixingKernels::kWeightBits));
    low = _mm256_add_epi32(low, _mm256_and_si256(sums, mask));
  }
};

// The totals of the lower halves of four vectors, then of the upper ones.
__m256i totals_of_halves(__m256i a, __m256i b, __m256i c, __m256i d) {
  return _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
}

__m128i sum_of_halves(__m256i sums) {
  return _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
}

__m128i totals(__m256i a, __m256i b, __m256i c, __m256i d) {
  return sum_of_halves(totals_of_halves(a, b, c, d));
}

// The logits of totals that high * 2**kWeightBits + low are.
__m128i logits_of_totals(__m128i high, __m128i low) {
  const __m128i logits = _mm_add_epi32(high, _mm_srai_epi32(low, MixingKernels::kWeightBits));
  const __m128i largest = _mm_set1_epi32(MixingKernels::kLargestInput);
  const __m128i smallest = _mm_set1_epi32(-MixingKernels::kLargestInput);
  return _mm_max_epi32(_mm_min_epi32(logits, largest), smallest);
}

__m256i load16(const std::int16_t* from) {
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(from));
}

// The logits of the first kRows of four rows, with sums_of(row).
template <std::size_t kRows, typename SumsOf>
__m128i logits_of(const std::int16_t* const* rows, const SumsOf& sums_of) {
  const SplitSums a = sums_of(rows[0]);
  const SplitSums b = kRows > 1 ? sums_of(rows[1]) : SplitSums();
  const SplitSums c = kRows > 2 ? sums_of(rows[2]) : SplitSums();
  const SplitSums d = kRows > 3 ? sums_of(rows[3]) : SplitSums();
  return logits_of_totals(totals(a.high, b.high, c.high, d.high),
                          totals(a.low, b.low, c.low, d.low));
}

// The same for rows of one group, halves of whose sums fit into 32 bits.
template <std::size_t kRows>
__m128i narrow_logits_of(const std::int16_t* inputs, const std::int16_t* const* rows) {
  constexpr std::size_t kHalf = MixingKernels::kGroup / 2;
  static_assert(kHalf == 16 && kHalf <= MixingKernels::kSummed);
  const __m256i first = load16(inputs);
  const __m256i second = load16(inputs + kHalf);
  const auto sums_of = [&](std::size_t k) {
    if (k >= kRows) return _mm256_setzero_si256();
    return _mm256_add_epi32(_mm256_madd_epi16(first, load16(rows[k])),
                            _mm256_madd_epi16(second, load16(rows[k] + kHalf)));
  };
  SplitSums sums;
  sums.add(totals_of_halves(sums_of(0), sums_of(1), sums_of(2), sums_of(3)));
  return logits_of_totals(sum_of_halves(sums.high), sum_of_halves(sums.low));
}

// Calls a function with min(count, 4) as a constant, for `count` of 1 and more.
template <typename Function>
__m128i with_rows(std::size_t count, const Function& function) {
  switch (count) {
    case 1:
      return function(std::integral_constant<std::size_t, 1>());
    case 2:
      return function(std::integral_constant<std::size_t, 2>());
    case 3:
      return function(std::integral_constant<std::size_t, 3>());
    default:
      return function(std::integral_constant<std::size_t, 4>());
  }
}

// MixingKernels::mix with sums_of(row) for more than one group.
template <typename SumsOf>
void mix_rows(const std::int16_t* inputs, std::size_t size, const std::int16_t* const* rows,
              std::size_t count, std::int16_t* logits, const SumsOf& sums_of) {
  static_assert(MixingKernels::kMostRows % 4 == 0);
  for (std::size_t first = 0; first < count; first += 4) {
    const __m128i of_four = with_rows(count - first, [&](auto left) {
      constexpr std::size_t kRows = decltype(left)::value;
      return size == MixingKernels::kGroup ? narrow_logits_of<kRows>(inputs, rows + first)
                                           : logits_of<kRows>(rows + first, sums_of);
    });
    _mm_storel_epi64(reinterpret_cast<__m128i*>(logits + first), _mm_packs_epi32(of_four, of_four));
  }
}

}  // namespace
}  // namespace lmpack
