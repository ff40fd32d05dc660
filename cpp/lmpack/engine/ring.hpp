// Keys and values of the last positions of one lane in one layer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmpack/engine/integer_product.hpp"

namespace lmpack {

// Slot s holds position p with p % window == s. Both operands are packed, so that scores and means
// are integer products over the slots: keys as [head_width][slots], values as [slots][head_width].
struct Ring {
  Ring(std::size_t positions, std::size_t width)
      : window(positions),
        slots((positions + kPanelColumns - 1) / kPanelColumns * kPanelColumns),
        head_width(width),
        keys(slots * width),
        values(slots * width),
        key_sums(slots) {}

  std::size_t window;
  std::size_t slots;  // the window, rounded up to whole panels
  std::size_t head_width;
  std::vector<std::int8_t> keys;
  std::vector<std::int8_t> values;
  std::vector<std::int32_t> key_sums;  // sum of each key, for the zero point of the queries

  // key and value: head_width integers in -64 .. 64.
  void write(std::size_t slot, const std::int8_t* key, const std::int8_t* value) {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < head_width; ++i) {
      keys[packed_index(i, slot, head_width)] = key[i];
      values[packed_index(slot, i, slots)] = value[i];
      sum += key[i];
    }
    key_sums[slot] = sum;
  }
};

}  // namespace lmpack
