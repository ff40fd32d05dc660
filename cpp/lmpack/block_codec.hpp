// Whole blocks of bytes: predict, make frequencies, code, feed back; nothing leaves the core.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "lmpack/block_layout.hpp"
#include "lmpack/engine/engine.hpp"
#include "lmpack/thread_team.hpp"

namespace lmpack {

// Told now and then how many steps of the block are done; what it throws ends the call.
using Advance = std::function<void(std::int64_t steps)>;

// Steps that an encoder predicts in one go, and reports as one; bounds its memory.
inline constexpr std::int64_t kEncoderSteps = 256;

// Steps between two reports of a decoder.
inline constexpr std::int64_t kDecoderReport = 64;

// Throws InvalidArgument if the model has fewer symbols than there are bytes.
void check_models_bytes(const Engine& engine);

// The payload of a block whose symbols are the bytes of `plain`, layout.length() of them.
// Throws InvalidArgument if there are more or fewer, or if the model has fewer symbols than a byte.
std::vector<std::uint8_t> encode_block(const Engine& engine, ThreadTeam& team,
                                       std::span<const std::uint8_t> plain, BlockLayout layout,
                                       const Advance& advance);

// The bytes of a block. Throws DamagedStream if the payload is not that of any bytes.
std::vector<std::uint8_t> decode_block(const Engine& engine, ThreadTeam& team,
                                       std::vector<std::uint8_t> payload, BlockLayout layout,
                                       const Advance& advance);

}  // namespace lmpack
