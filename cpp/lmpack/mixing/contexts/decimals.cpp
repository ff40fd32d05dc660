#include "lmpack/mixing/contexts/decimals.hpp"

namespace lmpack {
namespace {

constexpr int kMantissaBits = 52;

// A number is its mantissa, with its hidden bit, * 2**(exponent - kExponentOfOne).
constexpr std::uint64_t kExponentOfOne = 1075;
constexpr std::uint64_t kLeastExponent = 982, kLargestExponent = 1055;

constexpr std::uint32_t kPowersOfTen[] = {1,      10,      100,      1000,     10000,
                                          100000, 1000000, 10000000, 100000000};

constexpr std::uint64_t low_bits(std::uint64_t number, std::uint64_t bits) {
  return number & ((std::uint64_t{1} << bits) - 1);
}

}  // namespace

bool Decimals::in_range(std::uint64_t number) {
  const std::uint64_t exponent = number >> kMantissaBits;
  return exponent >= kLeastExponent && exponent <= kLargestExponent;
}

// What lies between this number and the one below it rounds to one of them: from the middle on to
// this one. The middle is twice * 2**-shift.
std::uint64_t Decimals::first(std::uint64_t number, std::uint32_t digits) {
  const std::uint64_t hidden = std::uint64_t{1} << kMantissaBits;
  const std::uint64_t twice = 2 * (low_bits(number, kMantissaBits) | hidden) - 1;
  const std::uint64_t shift = kExponentOfOne + 1 - (number >> kMantissaBits);  // 20 to 94
  const std::uint64_t power = kPowersOfTen[digits];
  // The product has up to 81 bits: `high` those above the lowest 32.
  const std::uint64_t of_low = low_bits(twice, 32) * power;
  const std::uint64_t high = (twice >> 32) * power + (of_low >> 32);
  const std::uint64_t low = low_bits(of_low, 32);
  if (shift >= 32) {
    const std::uint64_t rest = low_bits(high, shift - 32) | low;
    return (high >> (shift - 32)) + (rest != 0 ? 1 : 0);
  }
  return (high << (32 - shift) | low >> shift) + (low_bits(low, shift) != 0 ? 1 : 0);
}

}  // namespace lmpack
