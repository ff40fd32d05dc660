// Range encoder: symbol intervals to bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "lmpack/coder/range_interval.hpp"

namespace lmpack {

class RangeEncoder {
 public:
  // Appends one symbol. The interval must come from a table that sums to kFrequencyTotal.
  void encode(TableInterval symbol);

  // Ends the stream and hands its bytes over. No call may follow.
  std::vector<std::uint8_t> finish();

 private:
  void propagate_carry();

  // The stream so far. Together with low_ it is the lower end of the interval, in base 256;
  // the interval lies below 1, so that a carry never leaves the first byte.
  std::vector<std::uint8_t> bytes_;

  // Lower end of the interval below the last byte of bytes_, in units of 2**-32 of that byte.
  // 0 <= low_ < 2**32 between calls; inside a call bit 32 is a carry still to be propagated.
  std::uint64_t low_ = 0;

  // Length of the interval, in the unit of low_. kSmallestRange <= range_ between calls.
  std::uint32_t range_ = kInitialRange;
};

}  // namespace lmpack
