// Lines and their fields: where the next byte stands, and what stood there in the line above.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lmpack/mixing/hash.hpp"
#include "lmpack/mixing/lane_bytes.hpp"

namespace lmpack {

class Lines {
 public:
  // lane: all bytes so far, of which the last one is new.
  void add(LaneBytes lane) {
    const std::size_t next = lane.size();
    const std::uint8_t byte = lane.back();
    if (byte == '\n') {
      end_line(next);
    } else {
      if (ends_field(byte)) {
        ++fields_;
        field_start_ = next;
        field_ = 0;
        find_field_above(lane);
      } else {
        field_ = hash_value(field_ + byte + 1, 4);
      }
    }
    find_above(lane);
  }

  std::size_t column() const { return column_; }
  std::size_t length_above() const { return length_above_; }  // of the line above
  // The byte in the same column of the line above; 0 if there is none.
  std::uint8_t above() const { return above_; }
  bool matches_above() const { return matches_above_; }  // the last byte is that above it
  std::uint64_t field() const { return field_; }         // hash of the field so far
  std::size_t fields() const { return fields_; }         // that have ended in this line
  // The byte at the same place of the same field of the line above, and the one after it; 0 if
  // there is none.
  std::uint8_t field_above() const { return field_above_; }
  std::uint8_t field_above_next() const { return field_above_next_; }

 private:
  static bool ends_field(std::uint8_t byte) {
    return byte == ',' || byte == '\t' || byte == ';' || byte == '|';
  }

  void end_line(std::size_t next) {
    length_above_ = next - start_;
    start_above_ = field_above_start_ = start_;
    start_ = field_start_ = next;
    has_above_ = has_field_above_ = true;
    field_ = fields_ = 0;
  }

  // Goes on to the next field of the line above. Each of its bytes is looked at once.
  void find_field_above(LaneBytes lane) {
    if (!has_field_above_) return;
    std::size_t end = field_above_start_;
    while (end + 1 < start_ && !ends_field(lane[end])) ++end;
    has_field_above_ = end + 1 < start_;  // otherwise it is the end of the line
    field_above_start_ = end + 1;
  }

  void find_above(LaneBytes lane) {
    column_ = lane.size() - start_;
    above_ = field_above_ = field_above_next_ = 0;
    if (!has_above_) return;
    matches_above_ =
        column_ > 0 && column_ <= length_above_ && lane[start_above_ + column_ - 1] == lane.back();
    if (column_ < length_above_) above_ = lane[start_above_ + column_];
    if (!has_field_above_) return;
    const std::size_t place = field_above_start_ + lane.size() - field_start_;
    if (place < start_) field_above_ = lane[place];
    if (place + 1 < start_) field_above_next_ = lane[place + 1];
  }

  std::size_t start_ = 0;  // of the line
  std::size_t start_above_ = 0;
  std::size_t length_above_ = 0;  // with its end
  bool has_above_ = false;
  std::uint64_t field_ = 0;
  std::size_t fields_ = 0;
  std::size_t field_start_ = 0;
  std::size_t field_above_start_ = 0;  // of the field of the same number
  bool has_field_above_ = false;
  std::size_t column_ = 0;
  std::uint8_t above_ = 0;
  bool matches_above_ = false;
  std::uint8_t field_above_ = 0;
  std::uint8_t field_above_next_ = 0;
};

}  // namespace lmpack
