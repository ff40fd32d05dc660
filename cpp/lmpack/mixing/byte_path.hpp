// A distribution over bytes, seen as one prediction for each bit.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "lmpack/mixing/logistic.hpp"

namespace lmpack {

inline constexpr int kBitsInByte = 8;
inline constexpr std::size_t kByteValues = 256;

// The probability that the next bit of a byte is 1, given those before it in `prefix` (a leading 1,
// then the bits, the highest first). weights: of the 256 bytes, each 0 to 2**24 - 1. Where the
// weights say nothing, kHalf.
Probability bit_probability(std::span<const std::int32_t, kByteValues> weights,
                            std::uint32_t prefix);

// These probabilities for all bits of one byte.
using BytePath = std::array<std::uint16_t, kBitsInByte>;

BytePath path_of(std::span<const std::int32_t, kByteValues> weights, std::uint8_t byte);

}  // namespace lmpack
