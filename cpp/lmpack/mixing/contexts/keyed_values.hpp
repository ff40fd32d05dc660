// Values behind a key, such as `"size": 12` or `size=12`, and the one that the key had before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lmpack/mixing/contexts/byte_classes.hpp"
#include "lmpack/mixing/hash.hpp"
#include "lmpack/mixing/lane_bytes.hpp"

namespace lmpack {

// Hashes are 0 where there is nothing.
class KeyedValues {
 public:
  // lane: all bytes so far, of which the last one is new. quoted: the last open bracket is a quote.
  void add(LaneBytes lane, bool quoted) {
    const std::uint8_t byte = lane.back();
    repeats_ = repeats_ && byte == above_;
    text_ = hash_value(text_ + byte + 1, 4);
    ++place_;
    if (is_of_name(byte)) {
      name_ = hash_value(name_ + byte + 1, 5);
    } else {
      end_name();
      if (!quoted && (byte == ':' || byte == '=')) {
        start_value(lane.size());
      } else if (!quoted && ends_part(byte)) {
        end_part();
      }
    }
    find_above(lane);
  }

  std::uint64_t key() const { return key_; }
  // Of the value so far, then of what has come since it ended, or the last part of that.
  std::uint64_t text() const { return text_; }
  std::size_t place() const { return place_; }  // bytes of that
  std::uint64_t last_value() const { return last_value_; }
  std::uint64_t value_above() const { return value_above_; }  // which the key had before
  // Its byte at the place of the next one, and the byte after that; 0 where there is none.
  std::uint8_t above() const { return above_; }
  std::uint8_t above_next() const { return above_next_; }
  bool has_above() const { return start_above_ != 0; }
  bool repeats() const { return repeats_; }  // all bytes of the value have been those above
  std::uint64_t name() const { return name_; }
  std::uint64_t last_name() const { return last_name_; }

 private:
  struct Value {
    std::uint32_t start = 0;
    std::uint32_t hash = 0;
  };

  static constexpr int kEntriesLog2 = 8;

  static bool is_of_name(std::uint8_t byte) {
    return kByteClasses[byte].in_word || byte == '_' || byte == '-' || byte == '.' || byte == '$';
  }

  static bool ends_part(std::uint8_t byte) {
    return byte == ',' || byte == ';' || byte == '\n' || byte == '\t' || byte == '|' || byte == '&';
  }

  void end_name() {
    if (name_ == 0) return;
    last_name_ = name_;
    name_ = 0;
  }

  void start_value(std::size_t next) {
    key_ = last_name_;
    value_ = static_cast<std::size_t>(key_ >> (64 - kEntriesLog2));
    start_above_ = values_[value_].start;
    value_above_ = values_[value_].hash;
    values_[value_].start = static_cast<std::uint32_t>(next);
    text_ = place_ = 0;
    in_value_ = repeats_ = true;
  }

  void end_part() {
    if (in_value_) {
      last_value_ = text_;
      values_[value_].hash = static_cast<std::uint32_t>(text_ >> 32);
    }
    text_ = place_ = start_above_ = 0;
    in_value_ = repeats_ = false;
  }

  void find_above(LaneBytes lane) {
    above_ = above_next_ = 0;
    if (start_above_ == 0) return;
    const std::size_t at = start_above_ + place_;
    above_ = lane[at];
    if (at + 1 < lane.size()) above_next_ = lane[at + 1];
  }

  std::uint64_t name_ = 0;
  std::uint64_t last_name_ = 0;
  std::uint64_t key_ = 0;
  std::uint64_t text_ = 0;
  std::uint64_t last_value_ = 0;
  std::uint64_t value_above_ = 0;
  std::size_t place_ = 0;
  std::size_t value_ = 0;        // the entry of the key
  std::size_t start_above_ = 0;  // 0: none
  bool in_value_ = false;
  bool repeats_ = false;
  std::uint8_t above_ = 0;
  std::uint8_t above_next_ = 0;
  std::array<Value, std::size_t{1} << kEntriesLog2> values_{};  // by key: the last ones
};

}  // namespace lmpack
