// Strings that resemble the one before, such as `"Arabic, Sudanese"` and `"Sudanese Arabic"`.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lmpack/mixing/contexts/byte_classes.hpp"
#include "lmpack/mixing/lane_bytes.hpp"

namespace lmpack {

// Goes through the string before, as far as its bytes come again.
class StringBefore {
 public:
  // As for KeyedValues.
  void add(LaneBytes lane, bool quoted) {
    const std::uint8_t byte = lane.back();
    const bool quote = byte == '"';
    const bool ends_key = !quoted && (byte == ':' || byte == '=');
    const bool ends_field =
        !quoted && (byte == ',' || byte == ';' || byte == '|' || byte == '\t' || byte == '\n');
    if (quote || ends_key || ends_field) {
      end_string(lane.size(), ends_key, ends_field || (quote && quoted));
    } else {
      follow(lane);
    }
    expected_ = at_ < before_.end ? lane[at_] : 0;
    expected_next_ = at_ + 1 < before_.end ? lane[at_ + 1] : 0;
  }

  // The byte of the string before that comes next if both go on alike, and the one behind it; 0
  // where there is none.
  std::uint8_t expected() const { return expected_; }
  std::uint8_t expected_next() const { return expected_next_; }
  std::uint32_t run() const { return run_; }  // bytes that went on alike

 private:
  struct String {
    std::size_t start = 0;
    std::size_t end = 0;           // 0: none
    std::size_t behind_comma = 0;  // 0: it has no comma with a space behind
  };

  static constexpr std::size_t kSkipped = 3;  // at most so many bytes of the string before

  void end_string(std::size_t next, bool is_key, bool starts_value) {
    if (has_word_) last_ = {start_, next - 1, behind_comma_};
    if (is_key) last_ = {};
    if (starts_value && last_.end != 0) {
      before_ = last_;
      last_ = {};
    }
    start_ = next;
    behind_comma_ = run_ = 0;
    has_word_ = false;
    at_ = before_.behind_comma != 0 ? before_.behind_comma : before_.start;
  }

  void follow(LaneBytes lane) {
    const std::size_t next = lane.size();
    const ByteClass& of = kByteClasses[lane.back()];
    has_word_ = has_word_ || of.in_word;
    if (lane.back() == ' ' && behind_comma_ == 0 && next - start_ > 2 && lane.back(2) == ',') {
      behind_comma_ = next;
    }
    const std::size_t last = std::min(at_ + kSkipped + 1, before_.end);
    std::size_t found = at_;
    while (found < last && kByteClasses[lane[found]].lower != of.lower) ++found;
    if (found >= last) {
      run_ = 0;
      return;
    }
    run_ = found == at_ ? run_ + 1 : 1;
    at_ = found + 1;
    if (at_ == before_.end && before_.behind_comma != 0) at_ = before_.start;
  }

  String before_;
  String last_;  // which may be a key
  std::size_t start_ = 0;
  std::size_t behind_comma_ = 0;
  bool has_word_ = false;
  std::size_t at_ = 0;
  std::uint32_t run_ = 0;
  std::uint8_t expected_ = 0;
  std::uint8_t expected_next_ = 0;
};

}  // namespace lmpack
