#include "lmpack/coder/range_encoder.hpp"

#include <utility>

namespace lmpack {

void RangeEncoder::encode(TableInterval symbol) {
  const Subrange part = subrange(range_, symbol);
  low_ += part.start;
  range_ = part.size;
  if (low_ >= kCarry) propagate_carry();
  while (range_ < kSmallestRange) {
    bytes_.push_back(static_cast<std::uint8_t>(low_ >> kTopByteShift));
    low_ = (low_ << 8) & (kCarry - 1);
    range_ <<= 8;
  }
}

std::vector<std::uint8_t> RangeEncoder::finish() {
  const Termination end = shortest_termination(static_cast<std::uint32_t>(low_), range_);
  low_ = end.value;
  if (low_ >= kCarry) propagate_carry();
  if (end.byte_count > 0) bytes_.push_back(static_cast<std::uint8_t>(low_ >> kTopByteShift));
  return std::move(bytes_);
}

// Each 0xFF passed here turns into 0x00, so that all carries together cost at most a step a byte.
void RangeEncoder::propagate_carry() {
  low_ -= kCarry;
  auto byte = bytes_.rbegin();
  while (++*byte == 0) ++byte;
}

}  // namespace lmpack
