// Whole blocks of bytes with adaptive mixing, with the engine's model or without one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/block_codec.hpp"
#include "lmpack/mixing/data_kind.hpp"

namespace lmpack {

// As encode_block(), with adaptive mixing. Without an engine nothing but the block itself predicts
// it.
std::vector<std::uint8_t> encode_mixed_block(const Engine* engine, ThreadTeam& team,
                                             std::span<const std::uint8_t> plain,
                                             BlockLayout layout, DataKind kind,
                                             const Advance& advance);

// The bytes of such a block. Throws DamagedStream if the payload is not that of any bytes.
std::vector<std::uint8_t> decode_mixed_block(const Engine* engine, ThreadTeam& team,
                                             std::vector<std::uint8_t> payload, BlockLayout layout,
                                             DataKind kind, const Advance& advance);

}  // namespace lmpack
