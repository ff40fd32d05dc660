#include "lmpack/engine/integer_product.hpp"

#include <cstring>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define LMPACK_X86 1
#include <immintrin.h>
#endif

namespace lmpack {
namespace {

void multiply_portable(const IntegerProduct& p) {
  for (std::size_t row = 0; row < p.rows; ++row) {
    const std::uint8_t* left = p.left + row * p.left_stride;
    for (std::size_t column = 0; column < p.columns; column += kPanelColumns) {
      const std::int8_t* right = p.right + column * p.panel_capacity;
      std::int32_t sums[kPanelColumns] = {};
      for (std::size_t k = 0; k < p.inner; k += kGroupRows) {
        for (std::size_t c = 0; c < kPanelColumns; ++c) {
          for (std::size_t i = 0; i < kGroupRows; ++i) {
            sums[c] += left[k + i] * right[k * kPanelColumns + c * kGroupRows + i];
          }
        }
      }
      std::memcpy(p.out + row * p.out_stride + column, sums, sizeof(sums));
    }
  }
}

#ifdef LMPACK_X86

// Four unsigned bytes of the left operand as one 32-bit lane.
inline std::int32_t four_bytes(const std::uint8_t* bytes) {
  std::int32_t value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

#define LMPACK_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

// `Rows` rows of the left operand times `Panels` neighbouring panels, all sums in registers.
template <int Rows, int Panels>
LMPACK_AVX512 void tile_avx512(const IntegerProduct& p, std::size_t row, std::size_t column) {
  const std::uint8_t* left = p.left + row * p.left_stride;
  const std::int8_t* right = p.right + column * p.panel_capacity;
  const std::size_t panel_size = kPanelColumns * p.panel_capacity;
  __m512i sums[Rows][Panels];
  for (int r = 0; r < Rows; ++r) {
    for (int i = 0; i < Panels; ++i) sums[r][i] = _mm512_setzero_si512();
  }
  for (std::size_t k = 0; k < p.inner; k += kGroupRows) {
    __m512i columns[Panels];
    for (int i = 0; i < Panels; ++i) {
      columns[i] =
          _mm512_loadu_si512(right + static_cast<std::size_t>(i) * panel_size + k * kPanelColumns);
    }
    for (int r = 0; r < Rows; ++r) {
      const __m512i bytes =
          _mm512_set1_epi32(four_bytes(left + static_cast<std::size_t>(r) * p.left_stride + k));
      for (int i = 0; i < Panels; ++i) {
        sums[r][i] = _mm512_dpbusd_epi32(sums[r][i], bytes, columns[i]);
      }
    }
  }
  for (int r = 0; r < Rows; ++r) {
    std::int32_t* out = p.out + (row + static_cast<std::size_t>(r)) * p.out_stride + column;
    for (int i = 0; i < Panels; ++i) _mm512_storeu_si512(out + i * 16, sums[r][i]);
  }
}

template <int Panels>
LMPACK_AVX512 void columns_avx512(const IntegerProduct& p, std::size_t column) {
  std::size_t row = 0;
  for (; row + 8 <= p.rows; row += 8) tile_avx512<8, Panels>(p, row, column);
  if (row + 4 <= p.rows) {
    tile_avx512<4, Panels>(p, row, column);
    row += 4;
  }
  for (; row < p.rows; ++row) tile_avx512<1, Panels>(p, row, column);
}

LMPACK_AVX512 void multiply_avx512(const IntegerProduct& p) {
  std::size_t column = 0;
  for (; column + 2 * kPanelColumns <= p.columns; column += 2 * kPanelColumns) {
    columns_avx512<2>(p, column);
  }
  if (column < p.columns) columns_avx512<1>(p, column);
}

#define LMPACK_AVX2 __attribute__((target("avx2")))

// Products of pairs fit 16 bits without saturation: 2 * 255 * 64 < 2**15.
template <int Rows>
LMPACK_AVX2 void tile_avx2(const IntegerProduct& p, std::size_t row, std::size_t column) {
  const std::uint8_t* left = p.left + row * p.left_stride;
  const std::int8_t* right = p.right + column * p.panel_capacity;
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i sums[Rows][2];
  for (int r = 0; r < Rows; ++r) sums[r][0] = sums[r][1] = _mm256_setzero_si256();
  for (std::size_t k = 0; k < p.inner; k += kGroupRows) {
    const auto* panel = reinterpret_cast<const __m256i*>(right + k * kPanelColumns);
    const __m256i columns[2] = {_mm256_loadu_si256(panel), _mm256_loadu_si256(panel + 1)};
    for (int r = 0; r < Rows; ++r) {
      const __m256i bytes =
          _mm256_set1_epi32(four_bytes(left + static_cast<std::size_t>(r) * p.left_stride + k));
      for (int i = 0; i < 2; ++i) {
        const __m256i pairs = _mm256_maddubs_epi16(bytes, columns[i]);
        sums[r][i] = _mm256_add_epi32(sums[r][i], _mm256_madd_epi16(pairs, ones));
      }
    }
  }
  for (int r = 0; r < Rows; ++r) {
    auto* out = reinterpret_cast<__m256i*>(
        p.out + (row + static_cast<std::size_t>(r)) * p.out_stride + column);
    _mm256_storeu_si256(out, sums[r][0]);
    _mm256_storeu_si256(out + 1, sums[r][1]);
  }
}

LMPACK_AVX2 void multiply_avx2(const IntegerProduct& p) {
  for (std::size_t column = 0; column < p.columns; column += kPanelColumns) {
    std::size_t row = 0;
    for (; row + 4 <= p.rows; row += 4) tile_avx2<4>(p, row, column);
    for (; row < p.rows; ++row) tile_avx2<1>(p, row, column);
  }
}

#endif

}  // namespace

std::vector<ProductKernel> available_kernels() {
  std::vector<ProductKernel> kernels;
#ifdef LMPACK_X86
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni")) {
    kernels.push_back({"avx512", multiply_avx512});
  }
  if (__builtin_cpu_supports("avx2")) kernels.push_back({"avx2", multiply_avx2});
#endif
  kernels.push_back({"portable", multiply_portable});
  return kernels;
}

}  // namespace lmpack
