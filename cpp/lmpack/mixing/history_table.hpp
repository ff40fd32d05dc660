// Hashed bit histories: a slot holds those of the four bits that follow one context.
#pragma once

#include <algorithm>
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
    const std::uint32_t longer = length < 255 ? length + 1U : length;
    // A run of length 0 has the byte 0, and either way becomes one of length 1.
    length = static_cast<std::uint8_t>(next == byte ? longer : 1);
    byte = next;
  }
};

// Histories of four bits: that of the first bit, those of the second one after a 0 and after a 1,
// and so on.
using SlotHistories = std::array<BitHistory, 15>;

// Histories come first: vectors that look one up read three bytes more.
struct HistorySlot {
  SlotHistories histories{};
  std::uint16_t check = 0;  // tells contexts apart
  ByteRun run;              // only in slots of the first four bits of a byte
};
static_assert(sizeof(HistorySlot) == sizeof(SlotHistories) + 5);

class HistoryTable {
 public:
  // 2**lines_log2 lines of three slots.
  explicit HistoryTable(int lines_log2)
      : lines_(std::size_t{1} << lines_log2), shift_(64 - lines_log2) {}

  // Asks the memory for what find() will look at for the first four bits of a byte.
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&lines_[line_of(hash)]); }

  // The same for the last four bits, before the first of these is known: prefix ends in a 0 for it.
  void prefetch_last(std::uint64_t hash, std::uint32_t prefix) const {
    const std::size_t line = line_of(hash) ^ prefix;
    __builtin_prefetch(&lines_[line]);
    __builtin_prefetch(&lines_[line ^ 1]);
  }

  // The slot of a context by its hash: the one that was used for it, or else the least used one of
  // its line, emptied. nibble: 0, or for the last four bits of a byte the prefix, which selects
  // another line close by.
  HistorySlot& find(std::uint64_t hash, std::uint32_t nibble) {
    std::array<HistorySlot, 3>& slots = lines_[line_of(hash) ^ nibble].slots;
    const auto check = static_cast<std::uint16_t>(hash);
    // Without branches, as which slot it is cannot be foreseen: the lowest key, whose last
    // two bits are the slot, and those before are 0 if it is the one, else its first state and 1.
    const auto key = [&](std::uint32_t i) {
      const std::uint32_t other = slots[i].check != check ? ~0U : 0U;
      return ((slots[i].histories[0] + 1U) << 2 & other) | i;
    };
    const std::size_t found = std::min({key(0), key(1), key(2)}) & 3;
    HistorySlot& slot = slots[found];
    if (slot.check != check) {
      slot = HistorySlot{};
      slot.check = check;
    }
    return slot;
  }

  // A table of the same size that this one follows; it must outlive this one, and not change. From
  // now on a line has to be taken over from there before it is looked at for the first time, and
  // for the first time after start_over().
  void follow(const HistoryTable& source) {
    source_ = source.lines_.data();
    start_over();
  }
  void prefetch_source(std::uint64_t hash) const { __builtin_prefetch(&source_[line_of(hash)]); }
  void prefetch_source_last(std::uint64_t hash, std::uint32_t prefix) const {
    const std::size_t line = line_of(hash) ^ prefix;
    __builtin_prefetch(&source_[line]);
    __builtin_prefetch(&source_[line ^ 1]);
  }
  void take_over(std::uint64_t hash, std::uint32_t nibble) {
    const std::size_t number = line_of(hash) ^ nibble;
    Line& line = lines_[number];
    if (line.round == round_) return;
    line = source_[number];
    line.round = round_;
  }
  void start_over() {
    if (++round_ != 0) return;
    for (Line& line : lines_) line.round = 0;  // those of 2**32 rounds ago
    round_ = 1;
  }

 private:
  struct alignas(kCacheLine) Line {
    std::array<HistorySlot, 3> slots;
    std::uint32_t round = 0;  // in which it was taken from the source
  };
  static_assert(sizeof(Line) == kCacheLine);

  std::size_t line_of(std::uint64_t hash) const { return static_cast<std::size_t>(hash >> shift_); }

  AlignedVector<Line> lines_;
  int shift_;
  const Line* source_ = nullptr;
  std::uint32_t round_ = 0;
};

}  // namespace lmpack
