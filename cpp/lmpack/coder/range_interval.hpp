// The arithmetic that the range encoder and the range decoder must do alike.
//
// The coder narrows an interval [low, low + range). Every symbol owns a part of it, as long as
// its frequency demands; the bytes of a finished stream are a number inside the last interval.
#pragma once

#include <cstdint>

namespace lmpack {

// Frequencies of one table sum to 2**24: finer than any probability that a model gives.
inline constexpr int kFrequencyBits = 24;
inline constexpr std::uint32_t kFrequencyTotal = std::uint32_t{1} << kFrequencyBits;

// After every symbol the range is brought back to 2**24 .. 2**32 - 1 by whole bytes.
inline constexpr int kRangeBits = 32;
inline constexpr int kTopByteShift = kRangeBits - 8;
inline constexpr std::uint32_t kSmallestRange = std::uint32_t{1} << kTopByteShift;
inline constexpr std::uint32_t kInitialRange = 0xFFFFFFFF;
inline constexpr std::uint64_t kCarry = std::uint64_t{1} << kRangeBits;

static_assert(kRangeBits + kFrequencyBits <= 64, "range * frequency must fit in 64 bits");
static_assert(kSmallestRange >= kFrequencyTotal, "every symbol must get at least one of range");

// A symbol's place in its frequency table.
// frequency >= 1; cumulative + frequency <= kFrequencyTotal.
struct TableInterval {
  std::uint32_t cumulative;
  std::uint32_t frequency;
};

// A part of the current range: [start, start + size), size >= 1.
struct Subrange {
  std::uint32_t start;
  std::uint32_t size;
};

// Where a position in a table, up to kFrequencyTotal, lies in the current range.
constexpr std::uint32_t bound(std::uint32_t range, std::uint32_t position) {
  return static_cast<std::uint32_t>((std::uint64_t{range} * position) >> kFrequencyBits);
}

// The part of `range` that a symbol owns. The parts of one table lie side by side and fill the
// range completely, so that nothing of it is wasted. range >= kSmallestRange.
constexpr Subrange subrange(std::uint32_t range, TableInterval symbol) {
  const std::uint32_t start = bound(range, symbol.cumulative);
  return {start, bound(range, symbol.cumulative + symbol.frequency) - start};
}

// How a stream ends: the top `byte_count` bytes of the 32-bit `value` follow the bytes already
// written, after its carry (value == kCarry) has been added to those.
struct Termination {
  std::uint64_t value;
  int byte_count;
};

// The shortest end: the multiple of 2**(32 - 8 * byte_count) that is the first at or above low,
// for the smallest byte_count that puts it below low + range. One byte is always enough, since
// rounding up to a multiple of kSmallestRange adds less than the smallest range.
constexpr Termination shortest_termination(std::uint32_t low, std::uint32_t range) {
  if (low == 0) return {0, 0};
  if (std::uint64_t{low} + range > kCarry) return {kCarry, 0};
  const std::uint64_t top_byte = (std::uint64_t{low} + kSmallestRange - 1) >> kTopByteShift;
  return {top_byte << kTopByteShift, 1};
}

}  // namespace lmpack
