// Words and what stands between them.
#pragma once

#include <cstdint>

#include "lmpack/mixing/contexts/byte_classes.hpp"
#include "lmpack/mixing/hash.hpp"

namespace lmpack {

// Hashes; 0 where there is none. Words are of letters without regard to their case, digits, and
// bytes from 128 on.
class Words {
 public:
  void add(std::uint8_t byte) {
    const ByteClass& of = kByteClasses[byte];
    if (byte >= kFirstIdeograph && byte <= kLastIdeograph) end_word();
    if (of.in_word) {
      word_ = hash_value(word_ + of.lower + 1, 1);
      ++length_;
      return;
    }
    end_word();
    marks_ = marks_ << 8 | byte;
    gap_ = hash_value(gap_ + byte + 1, 2);
  }

  std::uint64_t word() const { return word_; }      // since the last other byte
  std::uint64_t second() const { return second_; }  // the one before that
  std::uint64_t third() const { return third_; }
  std::uint64_t gap() const { return gap_; }                // what stands after the second word
  std::uint64_t gap_before() const { return gap_before_; }  // and before it
  std::uint64_t marks() const { return marks_; }            // the last eight bytes in no word
  std::uint32_t length() const { return length_; }          // bytes of the word

 private:
  // Bytes that begin characters of scripts without spaces: each is a word of its own.
  static constexpr std::uint8_t kFirstIdeograph = 0xE3, kLastIdeograph = 0xE9;

  void end_word() {
    if (word_ == 0) return;
    third_ = second_;
    second_ = word_;
    gap_before_ = gap_;
    word_ = gap_ = length_ = 0;
  }

  std::uint64_t word_ = 0;
  std::uint64_t second_ = 0;
  std::uint64_t third_ = 0;
  std::uint64_t gap_ = 0;
  std::uint64_t gap_before_ = 0;
  std::uint64_t marks_ = 0;
  std::uint32_t length_ = 0;
};

}  // namespace lmpack
