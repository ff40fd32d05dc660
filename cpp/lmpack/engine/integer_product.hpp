// Products of unsigned and signed 8-bit integers, summed in 32 bits: the one primitive that the
// linear layers, the attention scores and the mean of the values share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lmpack {

// The right operand is packed in panels of 16 columns; in a panel, 4 consecutive rows of a column
// lie together: byte [column / 16][row / 4][column % 16][row % 4].
inline constexpr std::size_t kPanelColumns = 16;
inline constexpr std::size_t kGroupRows = 4;

// The place of an element of a packed operand whose panels have room for `inner` rows.
constexpr std::size_t packed_index(std::size_t row, std::size_t column, std::size_t inner) {
  const std::size_t panel = column / kPanelColumns * inner * kPanelColumns;
  const std::size_t group = row / kGroupRows * kGroupRows * kPanelColumns;
  return panel + group + column % kPanelColumns * kGroupRows + row % kGroupRows;
}

struct IntegerProduct {
  const std::uint8_t* left;  // [rows][inner], 0 to 255
  std::size_t left_stride;   // elements from one row to the next
  std::size_t rows;
  const std::int8_t* right;    // packed [inner][columns], -64 to 64
  std::size_t panel_capacity;  // rows that a panel has room for, at least inner
  std::size_t inner;           // a multiple of kGroupRows
  std::size_t columns;         // a multiple of kPanelColumns
  std::int32_t* out;           // [rows][columns]
  std::size_t out_stride;
};

// An implementation for a kind of processor. All of them give the same integers.
struct ProductKernel {
  std::string name;
  void (*multiply)(const IntegerProduct&);
};

// The kernels that this processor can run, the fastest first; the last one is "portable".
std::vector<ProductKernel> available_kernels();

}  // namespace lmpack
