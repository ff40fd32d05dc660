// What the engine remembers of one lane.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmpack/aligned.hpp"
#include "lmpack/engine/arithmetic.hpp"
#include "lmpack/engine/model_shape.hpp"
#include "lmpack/engine/packing.hpp"

namespace lmpack {

// Keys and values of the last positions of one layer: slot s holds the last position p with
// p % slots == s. There are more slots than positions in sight, so that several positions can be
// written before they attend. Both are packed, so that scores and means are integer products over
// the slots: keys as [head_width][slots], values as [slots][head_width].
struct Ring {
  Ring(std::size_t window, std::size_t width)
      : slots(ring_slots(window)),
        head_width(width),
        keys(slots * width),
        values(slots * width),
        compensation(slots) {}

  // key and value: head_width integers in -64 .. 64.
  void write(std::size_t slot, const std::int8_t* key, const std::int8_t* value) {
    std::int32_t sum = 0;
    std::int8_t* to = keys.data() + packed_index(0, slot, head_width);
    for (std::size_t i = 0; i < head_width; i += kGroupRows, to += kGroupBytes) {
      for (std::size_t k = 0; k < kGroupRows; ++k) {
        to[k] = key[i + k];
        sum += key[i + k];
      }
    }
    compensation[slot] = -kZeroPoint * sum;
    for (std::size_t panel = 0; panel < head_width; panel += kPanelColumns) {
      to = values.data() + packed_index(slot, panel, slots);
      for (std::size_t i = 0; i < kPanelColumns; ++i) to[i * kGroupRows] = value[panel + i];
    }
  }

  std::size_t slots;
  std::size_t head_width;
  AlignedVector<std::int8_t> keys;
  AlignedVector<std::int8_t> values;
  AlignedVector<std::int32_t> compensation;  // what takes the zero point of the queries out
};

// Symbols that a lane can drop again, at most: what they have overwritten is out of sight for all
// that may come in their place.
inline constexpr std::size_t kMostDropped = kMostAttending - 1;

struct Lane {
  explicit Lane(const ModelShape& shape)
      : Lane(shape, std::vector(shape.history(), shape.start_symbol())) {}

  // A lane in the middle of its symbols, with the last shape.history() ones. After
  // shape.warm_up() more symbols it predicts what a lane does that has been fed from the start.
  Lane(const ModelShape& shape, const std::vector<std::int32_t>& last)
      : history(kMostDropped, shape.start_symbol()) {
    history.insert(history.end(), last.begin(), last.end());
    for (const std::size_t window : shape.windows) rings.emplace_back(window, shape.head_width);
  }

  // Forgets the last symbols, at most kMostDropped and fewer than the last pass has fed. Their keys
  // and values stay where they are: out of sight until others take their place.
  void drop(std::size_t count) {
    position -= count;
    std::shift_right(history.begin(), history.end(), static_cast<std::ptrdiff_t>(count));
  }

  std::uint64_t position = 0;  // symbols fed to it so far
  // The last symbols fed, the oldest first: kMostDropped more than the contexts look at.
  std::vector<std::int32_t> history;
  std::vector<Ring> rings;  // by layer
};

}  // namespace lmpack
