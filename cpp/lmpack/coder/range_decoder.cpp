#include "lmpack/coder/range_decoder.hpp"

#include <string>
#include <utility>

#include "lmpack/error.hpp"

namespace lmpack {

RangeDecoder::RangeDecoder(std::vector<std::uint8_t> payload)
    : payload_(std::move(payload)), offset_(window()) {
  if (offset_ >= range_)
    throw DamagedStream("the payload starts with bytes that no encoder writes");
}

// The largest position whose bound in subrange() is not above the offset: as offset_ < range_, it
// is below kFrequencyTotal, and the symbol there owns the offset.
std::uint32_t RangeDecoder::target() const {
  const std::uint64_t behind = (std::uint64_t{offset_} + 1) << kFrequencyBits;
  return static_cast<std::uint32_t>((behind - 1) / range_);
}

void RangeDecoder::consume(TableInterval symbol) {
  const Subrange part = subrange(range_, symbol);
  offset_ -= part.start;
  range_ = part.size;
  while (range_ < kSmallestRange) {
    offset_ = (offset_ << 8) | byte_at(shifted_ + sizeof(offset_));
    range_ <<= 8;
    ++shifted_;
  }
  if (shifted_ > payload_.size()) {
    throw DamagedStream("the payload of " + std::to_string(payload_.size()) +
                        " bytes ends before its symbols do");
  }
}

// The encoder's low is the window less the offset, modulo 2**32: where its last bytes caused a
// carry, the window is the smaller one. Length and value being equal, so are all the bytes.
void RangeDecoder::finish() const {
  const std::uint32_t low = window() - offset_;
  const Termination end = shortest_termination(low, range_);
  if (payload_.size() != shifted_ + static_cast<std::size_t>(end.byte_count)) {
    throw DamagedStream("the payload has " + std::to_string(payload_.size()) +
                        " bytes, but its symbols end after " +
                        std::to_string(shifted_ + static_cast<std::size_t>(end.byte_count)));
  }
  if (offset_ != end.value - low) {
    throw DamagedStream("the payload ends with bytes that no encoder writes");
  }
}

std::uint32_t RangeDecoder::byte_at(std::size_t position) const {
  return position < payload_.size() ? payload_[position] : 0;
}

std::uint32_t RangeDecoder::window() const {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < sizeof(value); ++i) value = (value << 8) | byte_at(shifted_ + i);
  return value;
}

}  // namespace lmpack
