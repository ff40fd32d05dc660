// Characters of UTF-8.
#pragma once

#include <cstdint>

namespace lmpack {

// Bytes that are no valid start or continuation stand for themselves.
class Characters {
 public:
  void add(std::uint8_t byte) {
    const bool continues = (byte & 0xC0) == 0x80 && missing_ > 0;
    if (!continues) open_ = 0;
    open_ = open_ << 8 | byte;
    missing_ = continues      ? missing_ - 1
               : byte >= 0xF0 ? 3
               : byte >= 0xE0 ? 2
               : byte >= 0xC0 ? 1
                              : 0;
    if (missing_ > 0) return;
    before_ = last_;
    last_ = open_;
    open_ = 0;
  }

  std::uint32_t open() const { return open_; }      // the bytes of a character that has not ended
  std::uint32_t last() const { return last_; }      // the bytes of the last whole one
  std::uint32_t before() const { return before_; }  // and of the one before it

 private:
  std::uint32_t open_ = 0;
  std::uint32_t last_ = 0;
  std::uint32_t before_ = 0;
  std::uint32_t missing_ = 0;
};

}  // namespace lmpack
