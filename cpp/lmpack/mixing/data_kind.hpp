// What kind of data a block holds.
#pragma once

#include <cstdint>
#include <span>

namespace lmpack {

// The distance, 2 to about 2000, at which bytes resemble one another most, if they do so more than
// at the distances beside it; otherwise 0. A guess, worth a try.
std::uint32_t likely_stride(std::span<const std::uint8_t> plain);

}  // namespace lmpack
