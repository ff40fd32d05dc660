// What kind of data a block holds.
#pragma once

#include <cstdint>
#include <span>

namespace lmpack {

// Text, or records (tables, images, samples) in which bytes resemble those `stride` before.
struct DataKind {
  static constexpr std::uint32_t kLargestStride = 65535;

  std::uint32_t stride = 0;  // 0: text
};

// The distance, 2 to about 2000, at which bytes resemble one another most, if they do so more than
// at the distances beside it; otherwise 0. A guess, worth a try.
std::uint32_t likely_stride(std::span<const std::uint8_t> plain);

// Bytes in the rows of a picture with pixels of so many bytes, up to 16384; 0 if no such distance
// stands out. A guess, too.
std::uint32_t likely_row(std::span<const std::uint8_t> plain, std::uint32_t pixel);

}  // namespace lmpack
