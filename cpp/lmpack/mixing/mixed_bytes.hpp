// The bytes that a mixer works on: those of a block, and what its lanes go on from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "lmpack/coder/block_layout.hpp"
#include "lmpack/mixing/lane_bytes.hpp"

namespace lmpack {

// A *place* counts all bytes from 0: first those that every lane goes on from, then the block.
class MixedBytes {
 public:
  // All of it must outlive this object. plain: the block; what is not coded yet may have any value.
  MixedBytes(std::span<const std::uint8_t> plain, BlockLayout layout)
      : MixedBytes({}, plain, layout) {}
  MixedBytes(std::span<const std::uint8_t> before, std::span<const std::uint8_t> plain,
             BlockLayout layout)
      : before_(before), plain_(plain), lane_length_(layout.steps()) {}

  std::span<const std::uint8_t> plain() const { return plain_; }
  std::size_t before() const { return before_.size(); }
  std::size_t size() const { return before_.size() + plain_.size(); }

  std::uint8_t operator[](std::size_t place) const {
    return place < before_.size() ? before_[place] : plain_[place - before_.size()];
  }

  // Where the byte of a lane stands.
  std::size_t place_of(std::size_t lane, std::size_t step) const {
    return before_.size() + lane * lane_length_ + step;
  }

  // The lane and the step of a place from before() on.
  std::size_t lane_of(std::size_t place) const { return (place - before_.size()) / lane_length_; }
  std::size_t step_of(std::size_t place) const { return (place - before_.size()) % lane_length_; }

  // The bytes of a lane before this step.
  LaneBytes of_lane(std::size_t lane, std::size_t step) const {
    return {before_, plain_.subspan(lane * lane_length_, step)};
  }

  // The bytes up to a place, 1 or more, in the lane of the byte before it.
  LaneBytes up_to(std::size_t place) const {
    if (place <= before_.size()) return {before_.first(place), {}};
    return of_lane(lane_of(place - 1), step_of(place - 1) + 1);
  }

 private:
  std::span<const std::uint8_t> before_;
  std::span<const std::uint8_t> plain_;
  std::size_t lane_length_;
};

}  // namespace lmpack
