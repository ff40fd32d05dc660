// Hashed bit histories: a slot holds those of the four bits that follow one context.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lmpack/aligned.hpp"
#include "lmpack/mixing/bit_history.hpp"

namespace lmpack {

// What a context has seen of the next byte as a whole.
struct ByteRun {
  std::uint8_t byte = 0;    // the last one
  std::uint8_t length = 0;  // how often it came in a row; 0: nothing was seen

  void add(std::uint8_t next) {
    if (length != 0 && next == byte) {
      length = static_cast<std::uint8_t>(length + (length < 255));
    } else {
      byte = next;
      length = 1;
    }
  }
};

// Histories of four bits: that of the first bit, those of the second one after a 0 and after a 1,
// and so on.
using SlotHistories = std::array<BitHistory, 15>;

struct HistorySlot {
  std::uint16_t check = 0;  // tells contexts apart
  ByteRun run;              // only in slots of the first four bits of a byte
  SlotHistories histories{};
};

class HistoryTable {
 public:
  // 2**lines_log2 lines of three slots.
  explicit HistoryTable(int lines_log2)
      : lines_(std::size_t{1} << lines_log2), shift_(64 - lines_log2) {}

  // Asks the memory for what find() will look at.
  void prefetch(std::uint64_t hash, std::uint32_t nibble) const {
    __builtin_prefetch(&lines_[line_of(hash) ^ nibble]);
  }

  // The slot of a context by its hash: the one that was used for it, or else the least used one of
  // its line, emptied. nibble: 0, or for the last four bits of a byte the prefix, which selects
  // another line close by.
  HistorySlot& find(std::uint64_t hash, std::uint32_t nibble) {
    Line& line = lines_[line_of(hash) ^ nibble];
    const auto check = static_cast<std::uint16_t>(hash);
    HistorySlot* least = &line.slots[0];
    for (HistorySlot& slot : line.slots) {
      if (slot.check == check) return slot;
      if (slot.histories[0] < least->histories[0]) least = &slot;
    }
    *least = HistorySlot{};
    least->check = check;
    return *least;
  }

 private:
  struct alignas(kCacheLine) Line {
    std::array<HistorySlot, 3> slots;
  };
  static_assert(sizeof(Line) == kCacheLine);

  std::size_t line_of(std::uint64_t hash) const { return static_cast<std::size_t>(hash >> shift_); }

  AlignedVector<Line> lines_;
  int shift_;
};

}  // namespace lmpack
