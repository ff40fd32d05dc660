// How a block of symbols is cut into lanes.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "lmpack/error.hpp"

namespace lmpack {

// Symbol t of lane l is symbol l * lane_length + t of the block. All lanes have lane_length
// symbols, but for the last one, which may be shorter.
class BlockLayout {
 public:
  // Counts of symbols; 1 <= lane_length <= length < 2**31, otherwise throws InvalidArgument.
  BlockLayout(std::int64_t length, std::int64_t lane_length)
      : length_(length), lane_length_(lane_length) {
    constexpr std::int64_t kLimit = std::numeric_limits<std::int32_t>::max();
    if (length < 1 || length > kLimit) {
      throw InvalidArgument("a block must have 1 to " + std::to_string(kLimit) + " symbols, not " +
                            std::to_string(length));
    }
    if (lane_length < 1 || lane_length > length) {
      throw InvalidArgument("a lane of this block must have 1 to " + std::to_string(length) +
                            " symbols, not " + std::to_string(lane_length));
    }
  }

  std::int64_t length() const { return length_; }

  // Steps that code the block: at each, every lane that has not ended gets one symbol.
  std::int64_t steps() const { return lane_length_; }

  std::int64_t lanes() const { return (length_ + lane_length_ - 1) / lane_length_; }

  // Lanes that have a symbol at this step, 0 <= step < steps(); they are the first ones.
  std::int64_t active_lanes(std::int64_t step) const {
    const std::int64_t before_last = lanes() - 1;
    const std::int64_t last_length = length_ - before_last * lane_length_;
    return step < last_length ? before_last + 1 : before_last;
  }

 private:
  std::int64_t length_;
  std::int64_t lane_length_;
};

}  // namespace lmpack
