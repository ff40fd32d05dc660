// Taking the copies out of a block, and putting them back (docs/copies.md).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/copies/copy_list.hpp"

namespace lmpack {

// What is left of a block without its copies.
std::vector<std::uint8_t> remainder_of(std::span<const std::uint8_t> plain,
                                       std::span<const Copy> copies);

// The inverse. `plain` is filled; its size is the length of the block. before: the bytes that stand
// before it. Throws DamagedStream if the list is not one of such a block, or the remainder has
// another length.
void put_copies(std::span<const std::uint8_t> list, std::span<const std::uint8_t> remainder,
                std::span<std::uint8_t> plain, std::span<const std::uint8_t> before = {});

}  // namespace lmpack
