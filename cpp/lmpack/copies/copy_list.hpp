// The list of stretches that are put back by copying (docs/copies.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace lmpack {

// Bytes of the shortest copy that a list can hold.
inline constexpr std::size_t kShortestCopy = 64;

// One stretch: after `literals` more bytes of the remainder, `length` bytes stand once more that
// stood `distance` before. All are below 2**28.
struct Copy {
  std::size_t literals;
  std::size_t length;    // kShortestCopy or more
  std::size_t distance;  // 1 or more; below `length` where the copy overlaps itself

  bool operator==(const Copy&) const = default;
};

// The bytes of a list.
std::vector<std::uint8_t> list_of_copies(std::span<const Copy> copies);

// Goes through the bytes of a list, and takes nothing from them that a block of `plain_length`
// bytes cannot hold.
class CopyReader {
 public:
  // before: bytes that stand before the block, which copies may be made from.
  CopyReader(std::span<const std::uint8_t> list, std::size_t plain_length, std::size_t before = 0)
      : left_(list), place_(before), room_(plain_length) {}

  // The next copy; nothing at the end of the list. Throws DamagedStream if it is none.
  std::optional<Copy> next();

 private:
  std::size_t number();

  std::span<const std::uint8_t> left_;
  std::size_t distance_ = 0;  // of the copy before; 0 at the start, where there is none
  std::size_t place_;         // where the next copy's literals start, from the bytes before on
  std::size_t room_;          // bytes of content from there on
};

// Bytes of the remainder of a block with such a list: at least 1, as there is something to be
// mixed. before: as for CopyReader. Throws DamagedStream if there is no such block; otherwise all
// of the list is right.
std::size_t remainder_length(std::span<const std::uint8_t> list, std::size_t plain_length,
                             std::size_t before = 0);

}  // namespace lmpack
