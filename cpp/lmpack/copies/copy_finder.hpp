// Finds long stretches of a block that stood in it, or in a prefix, before (docs/copies.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/copies/copy_list.hpp"
#include "lmpack/copies/prefix_pieces.hpp"

namespace lmpack {

// The copies of a block of at most 2**24 bytes, each of at least `shortest` bytes, which is at
// least kShortestCopy, or soon behind such a one and from the same distance. The same on every
// machine, in time that grows with the length alone. prefix: of bytes that stand before the block.
std::vector<Copy> find_copies(std::span<const std::uint8_t> plain, std::size_t shortest,
                              const PrefixPieces* prefix = nullptr);

}  // namespace lmpack
