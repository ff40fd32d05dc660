// Hashed bit histories: a slot holds those of the four bits that follow one context.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lmpack/aligned.hpp"
#include "lmpack/mixing/bit_history.hpp"

namespace lmpack {

// Histories of a context's next four bits: entry 1 is that of the first bit, entries 2 and 3 those
// of the second one after a 0 and after a 1, and so on. Entry 0 tells contexts apart.
using HistorySlot = std::array<BitHistory, 16>;

class HistoryTable {
 public:
  // 2**slots_log2 slots, at least 4.
  explicit HistoryTable(int slots_log2)
      : lines_((std::size_t{1} << slots_log2) / kSlotsInLine), shift_(64 - (slots_log2 - 2)) {}

  // Asks the memory for what find() will look at.
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&lines_[line_of(hash)]); }

  // The slot of a context by its hash: the one that was used for it, or else the least used one of
  // its line, emptied.
  HistorySlot& find(std::uint64_t hash, std::uint32_t nibble = 0) {
    Line& line = lines_[line_of(hash) ^ nibble];
    const auto check = static_cast<std::uint8_t>(hash);
    HistorySlot* least = &line[0];
    for (HistorySlot& slot : line) {
      if (slot[0] == check) return slot;
      if (slot[1] < (*least)[1]) least = &slot;
    }
    least->fill(0);
    (*least)[0] = check;
    return *least;
  }

 private:
  static constexpr std::size_t kSlotsInLine = 4;
  using Line = std::array<HistorySlot, kSlotsInLine>;

  std::size_t line_of(std::uint64_t hash) const {
    return shift_ == 64 ? 0 : static_cast<std::size_t>(hash >> shift_);
  }

  AlignedVector<Line> lines_;
  int shift_;
};

}  // namespace lmpack
