// Hashes of contexts.
#pragma once

#include <cstdint>

namespace lmpack {

// Spreads a value over 64 bits; different numbers (below 256) give independent results.
constexpr std::uint64_t hash_value(std::uint64_t value, std::uint64_t number) {
  value = (value ^ (number << 56)) * 0x9E3779B97F4A7C15;
  return value ^ (value >> 32);
}

// One value of two.
constexpr std::uint64_t combined(std::uint64_t a, std::uint64_t b) {
  return hash_value(a ^ (b * 0xD6E8FEB86659FD93), 0);
}

}  // namespace lmpack
