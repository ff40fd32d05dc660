// What the last bytes look like, without regard to which ones they are.
#pragma once

#include <cstdint>

#include "lmpack/mixing/contexts/byte_classes.hpp"

namespace lmpack {

// Sequences of classes of bytes, the newest in the lowest bits.
class Shapes {
 public:
  void add(std::uint8_t byte) {
    const ByteClass& of = kByteClasses[byte];
    shapes_ = shapes_ << 8 | of.shape;
    const bool repeats = of.shape == (groups_ & 0xFF);
    const bool is_group = of.shape == '0' || of.shape == 'A' || of.shape == 'a';
    in_run_ = repeats && is_group;
    if (!in_run_) {
      older_groups_ = older_groups_ << 8 | groups_ >> 56;
      groups_ = groups_ << 8 | of.shape;
    }
    kinds_ = (kinds_ << 3 | of.kind) & 0x3FFFFFFF;
  }

  std::uint64_t shapes() const { return shapes_; }  // the last eight
  // The last eight, and the eight before, where a run of digits, of capitals or of small letters
  // is one.
  std::uint64_t groups() const { return groups_; }
  std::uint64_t older_groups() const { return older_groups_; }
  bool in_run() const { return in_run_; }  // the last byte was of the same group as the one before
  std::uint32_t kinds() const { return kinds_; }  // the last ten, 3 bits each

 private:
  std::uint64_t shapes_ = 0;
  std::uint64_t groups_ = 0;
  std::uint64_t older_groups_ = 0;
  bool in_run_ = false;
  std::uint32_t kinds_ = 0;
};

}  // namespace lmpack
