// About how many bits numbers take: what shows of which kind the bytes of a block are. They are
// integers, made by float64 operations that are rounded once, so that every machine chooses alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lmpack {

// A bit is counted in such parts.
inline constexpr std::int64_t kBitUnits = 256;

// How bytes are numbers.
struct NumberFormat {
  std::size_t width;  // bytes of a number, 1 to 8
  bool is_signed;
  bool is_big_endian;
};

// The mean of what a number takes if the one `distance` numbers before it is known or, with 0, if
// the middle one by size is; what is left after the last number does not count. InvalidArgument for
// a format that there is not.
std::int64_t number_bits(std::span<const std::uint8_t> bytes, NumberFormat format,
                         std::size_t distance);

// What all bytes take by how often each occurs at its place of a number of `width` bytes, and so
// much more for each that occurs.
std::int64_t frequency_bits(std::span<const std::uint8_t> bytes, std::size_t width,
                            std::int64_t more);

}  // namespace lmpack
