// What kind of character a byte is, in several ways.
#pragma once

#include <array>
#include <cstdint>

namespace lmpack {

struct ByteClass {
  bool in_word = false;    // a letter, a digit, or of a character beyond ASCII
  std::uint8_t lower = 0;  // the byte, capital letters as small ones
  std::uint8_t kind = 0;   // 0 to 7
  std::uint8_t shape = 0;  // letters as a or A, digits as 0, bytes from 128 on as 128
};

constexpr std::array<ByteClass, 256> kByteClasses = [] {
  std::array<ByteClass, 256> classes{};
  for (std::uint32_t byte = 0; byte < classes.size(); ++byte) {
    const std::uint32_t lower = byte | 32;
    const bool letter = lower - 'a' < 26;
    const bool digit = byte - '0' < 10;
    const bool small = byte - 'a' < 26;
    ByteClass& result = classes[byte];
    result.in_word = letter || digit || byte >= 128;
    result.lower = static_cast<std::uint8_t>(letter ? lower : byte);
    result.kind = letter || (byte >= 128 && byte < 255) ? 0
                  : byte == ' '                         ? 2
                  : byte == 255                         ? 3
                  : byte < 16                           ? 4
                  : byte < 32                           ? 5
                  : digit                               ? 6
                  : byte < 64                           ? 7
                                                        : 1;
    result.shape = digit         ? '0'
                   : small       ? 'a'
                   : letter      ? 'A'
                   : byte >= 128 ? 128
                                 : static_cast<std::uint8_t>(byte);
  }
  return classes;
}();

}  // namespace lmpack
