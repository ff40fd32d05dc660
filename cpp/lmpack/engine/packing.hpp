// The layout of the right operand of an integer product.
#pragma once

#include <cstddef>

namespace lmpack {

// The right operand lies in panels of 16 columns; in a panel, 4 consecutive rows of a column lie
// together: byte [column / 16][row / 4][column % 16][row % 4].
inline constexpr std::size_t kPanelColumns = 16;
inline constexpr std::size_t kGroupRows = 4;
inline constexpr std::size_t kGroupBytes = kPanelColumns * kGroupRows;

// The place of an element of a packed operand whose panels have room for `inner` rows.
constexpr std::size_t packed_index(std::size_t row, std::size_t column, std::size_t inner) {
  const std::size_t panel = column / kPanelColumns * inner * kPanelColumns;
  const std::size_t group = row / kGroupRows * kGroupBytes;
  return panel + group + column % kPanelColumns * kGroupRows + row % kGroupRows;
}

constexpr std::size_t round_up(std::size_t value, std::size_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Positions of a lane that attend together, at most.
inline constexpr std::size_t kMostAttending = 16;

// Slots of a ring: all positions that the first of them sees are still there when the last one has
// been written.
constexpr std::size_t ring_slots(std::size_t window) {
  return round_up(window + kMostAttending - 1, kPanelColumns);
}

// Room for a list of groups of `inner` rows: its length first, and behind it what vectors write.
constexpr std::size_t live_groups_room(std::size_t inner) {
  return 1 + inner / kGroupRows + kPanelColumns;
}

}  // namespace lmpack
