// Range decoder: bytes to symbol intervals. Trusts nothing in the bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmpack/coder/range_interval.hpp"

namespace lmpack {

class RangeDecoder {
 public:
  // Throws DamagedStream if the first bytes lie outside of the initial interval.
  explicit RangeDecoder(std::vector<std::uint8_t> payload);

  // Where in the next symbol's frequency table the stream points: the symbol with
  // cumulative <= target < cumulative + frequency comes next. 0 <= target < kFrequencyTotal.
  std::uint32_t target() const;

  // Whether target() < position, without a division. position <= kFrequencyTotal.
  bool lies_below(std::uint32_t position) const { return offset_ < bound(range_, position); }

  // Goes on behind the symbol that target() points to.
  // Throws DamagedStream as soon as the symbols need more bytes than there are.
  void consume(TableInterval symbol);

  // Throws DamagedStream unless the encoder ends this very payload after these symbols.
  void finish() const;

 private:
  // Byte of the payload; it is followed by zeros without end.
  std::uint32_t byte_at(std::size_t position) const;

  // Four bytes of the payload from shifted_ on.
  std::uint32_t window() const;

  std::vector<std::uint8_t> payload_;

  // Bytes that have left the window: what the encoder had written after the same symbols.
  std::size_t shifted_ = 0;

  // Length of the interval, in units of the window's last byte. kSmallestRange <= range_ between
  // calls; always the same as the encoder's.
  std::uint32_t range_ = kInitialRange;

  // Window minus lower end of the interval. 0 <= offset_ < range_ between calls.
  std::uint32_t offset_;
};

}  // namespace lmpack
