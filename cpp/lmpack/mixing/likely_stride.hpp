// At which distance bytes resemble one another.
#pragma once

#include <cstdint>
#include <span>

namespace lmpack {

// The distance, 2 to about 2000, at which bytes resemble one another most, if they do so more than
// at the distances beside it; otherwise 0. A guess, worth a try.
std::uint32_t likely_stride(std::span<const std::uint8_t> plain);

// Bytes in the rows of a picture with pixels of so many bytes, up to 16384; 0 if no such distance
// stands out. A guess, too.
std::uint32_t likely_row(std::span<const std::uint8_t> plain, std::uint32_t pixel);

}  // namespace lmpack
