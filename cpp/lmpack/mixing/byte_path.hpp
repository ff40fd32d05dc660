// A distribution over bytes, seen as one prediction for each bit.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "lmpack/coder/bytes.hpp"
#include "lmpack/mixing/logistic.hpp"

namespace lmpack {

// What a model gives for some symbols: a row of odds for each of them.
struct OddsRows {
  std::span<const std::int32_t> odds;  // [rows, vocabulary], those of the bytes first
  std::size_t vocabulary;

  std::span<const std::int32_t, kByteValues> of_bytes(std::size_t row) const {
    return odds.subspan(row * vocabulary).first<kByteValues>();
  }
};

// Throws InvalidArgument unless there are as many models as that, all of bytes, with so many rows.
void check_rows(std::span<const OddsRows> given, std::size_t models, std::size_t rows);

// The probability that the next bit of a byte is 1, given those before it in `prefix` (a leading 1,
// then the bits, the highest first). odds: of the 256 bytes, each 0 to 2**24 - 1. Where
// they say nothing, kHalf.
Probability bit_probability(std::span<const std::int32_t, kByteValues> odds, std::uint32_t prefix);

// The probabilities of all bits of one byte, each given the bits before it.
using BytePath = std::array<std::uint16_t, kBitsInByte>;

// The path of a byte by its odds, as bit_probability() has them.
BytePath path_of(std::span<const std::int32_t, kByteValues> odds, std::uint8_t byte);

}  // namespace lmpack
