// Floating-point numbers that stand for decimal ones, such as 47.82699: their last digits follow
// from the first ones.
#pragma once

#include <cstdint>

namespace lmpack {

// Of IEEE 754's binary64, as bits without the sign. Decimals of `digits` digits after the point are
// counted from 0 in units of the last one.
class Decimals {
 public:
  static constexpr std::uint32_t kMostDigits = 8;
  static constexpr int kExponentBits = 12;  // the first bits of a number, with its sign

  // Whether the number is in the range that first() takes, and all that have its exponent.
  static bool in_range(std::uint64_t number);

  // The first decimal that rounds to this number or to one above it.
  static std::uint64_t first(std::uint64_t number, std::uint32_t digits);

  // Whether a decimal rounds to the number, which is in range.
  static bool stand_for(std::uint64_t number, std::uint32_t digits) {
    return first(number + 1, digits) != first(number, digits);
  }

  static std::uint64_t without_sign(std::uint64_t number) { return number & ~0ULL >> 1; }
};

}  // namespace lmpack
