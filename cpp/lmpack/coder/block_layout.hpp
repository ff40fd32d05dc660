// How a block of symbols is cut into lanes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "lmpack/error.hpp"

namespace lmpack {

// All lanes have lane_length symbols, except for the last one, which may be shorter.
class BlockLayout {
 public:
  // Counts of symbols; 1 <= lane_length <= length < 2**31, otherwise throws InvalidArgument.
  BlockLayout(std::int64_t length, std::int64_t lane_length)
      : length_(static_cast<std::size_t>(length)),
        lane_length_(static_cast<std::size_t>(lane_length)) {
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

  // The layout of a block in one lane.
  static BlockLayout of_one_lane(std::size_t length) {
    const auto symbols = static_cast<std::int64_t>(length);
    return {symbols, symbols};
  }

  std::size_t length() const { return length_; }

  // Steps that code the block: at each, every lane that has not ended gets one symbol.
  std::size_t steps() const { return lane_length_; }

  std::size_t lanes() const { return (length_ + lane_length_ - 1) / lane_length_; }

  // Lanes that have a symbol at this step, 0 <= step < steps(); they are the first ones.
  std::size_t active_lanes(std::size_t step) const {
    const std::size_t before_last = lanes() - 1;
    const std::size_t last_length = length_ - before_last * lane_length_;
    return step < last_length ? before_last + 1 : before_last;
  }

  // Symbols of a lane, 0 <= lane < lanes().
  std::size_t length_of(std::size_t lane) const {
    return std::min(lane_length_, length_ - index(lane, 0));
  }

  // The place in the block of a lane's symbol; at or above length() if the lane has ended.
  std::size_t index(std::size_t lane, std::size_t step) const { return lane * lane_length_ + step; }

 private:
  std::size_t length_;
  std::size_t lane_length_;
};

}  // namespace lmpack
