#include "lmpack/copies/copying.hpp"

#include <algorithm>
#include <cstddef>

#include "lmpack/error.hpp"

namespace lmpack {
namespace {

// Fills `length` bytes from `start` on with those that stand `distance` before each, the first ones
// perhaps in what stands before the block.
void repeat(std::span<const std::uint8_t> before, std::span<std::uint8_t> plain, std::size_t start,
            std::size_t length, std::size_t distance) {
  if (distance > start) {
    const auto source = before.last(distance - start);
    const std::size_t count = std::min(length, source.size());
    std::ranges::copy(source.first(count), plain.subspan(start).begin());
    start += count;
    length -= count;
  }
  if (length == 0) return;
  const auto source = plain.subspan(start - distance);
  // All that stands from the source on up to the copy repeats itself, so ever more can be taken.
  for (std::size_t done = 0; done < length;) {
    const std::size_t count = std::min(length - done, distance + done);
    std::ranges::copy(source.first(count), plain.subspan(start + done).begin());
    done += count;
  }
}

}  // namespace

std::vector<std::uint8_t> remainder_of(std::span<const std::uint8_t> plain,
                                       std::span<const Copy> copies) {
  std::size_t length = plain.size();
  for (const Copy& copy : copies) length -= copy.length;
  std::vector<std::uint8_t> remainder;
  remainder.reserve(length);
  for (const Copy& copy : copies) {
    const auto literals = plain.first(copy.literals);
    remainder.insert(remainder.end(), literals.begin(), literals.end());
    plain = plain.subspan(copy.literals + copy.length);
  }
  remainder.insert(remainder.end(), plain.begin(), plain.end());
  return remainder;
}

void put_copies(std::span<const std::uint8_t> list, std::span<const std::uint8_t> remainder,
                std::span<std::uint8_t> plain, std::span<const std::uint8_t> before) {
  if (remainder.size() != remainder_length(list, plain.size(), before.size())) {
    throw DamagedStream("the remainder of the block has another length than its copies leave");
  }
  CopyReader reader(list, plain.size(), before.size());
  std::size_t place = 0;
  while (const auto copy = reader.next()) {
    std::ranges::copy(remainder.first(copy->literals), plain.subspan(place).begin());
    remainder = remainder.subspan(copy->literals);
    place += copy->literals;
    repeat(before, plain, place, copy->length, copy->distance);
    place += copy->length;
  }
  std::ranges::copy(remainder, plain.subspan(place).begin());
}

}  // namespace lmpack
