// What a model is fed to predict the bytes of a block.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/block_layout.hpp"

namespace lmpack {

// The symbols [lanes][steps] that are fed to predict steps `first` and on: each is the one before,
// the model's start symbol before the first. Lanes that have ended are fed zeros.
std::vector<std::int32_t> fed_symbols(std::span<const std::uint8_t> plain,
                                      const BlockLayout& layout, std::int64_t first,
                                      std::int64_t steps, std::int32_t start_symbol);

}  // namespace lmpack
