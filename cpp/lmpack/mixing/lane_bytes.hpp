// The bytes of a lane so far.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lmpack {

// Those that all lanes go on from, of which there may be none, then the lane's own.
class LaneBytes {
 public:
  // Implicit, as a lane that goes on from nothing is its own bytes.
  LaneBytes(std::span<const std::uint8_t> own) : own_(own) {}
  LaneBytes(std::span<const std::uint8_t> before, std::span<const std::uint8_t> own)
      : before_(before), own_(own) {}

  std::size_t size() const { return before_.size() + own_.size(); }

  std::uint8_t operator[](std::size_t i) const {
    return i < before_.size() ? before_[i] : own_[i - before_.size()];
  }

  // The i-th last byte, 1 <= i <= size().
  std::uint8_t back(std::size_t i = 1) const {
    return i <= own_.size() ? own_[own_.size() - i] : before_[size() - i];
  }

 private:
  std::span<const std::uint8_t> before_;
  std::span<const std::uint8_t> own_;
};

}  // namespace lmpack
