// Whole blocks of bytes: predict, make frequencies, code, feed back; nothing leaves the core.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/block_steps.hpp"
#include "lmpack/coder/block_layout.hpp"
#include "lmpack/engine/engine.hpp"
#include "lmpack/thread_team.hpp"

namespace lmpack {

// The payload of a block whose symbols are the bytes of `plain`, layout.length() of them.
// Throws InvalidArgument if there are more or fewer, or if the model has fewer symbols than there
// are bytes.
std::vector<std::uint8_t> encode_block(const Engine& engine, ThreadTeam& team,
                                       std::span<const std::uint8_t> plain, BlockLayout layout,
                                       const StepsDone& steps_done);

// The bytes of a block. Throws DamagedStream if the payload is not that of any bytes.
std::vector<std::uint8_t> decode_block(const Engine& engine, ThreadTeam& team,
                                       std::vector<std::uint8_t> payload, BlockLayout layout,
                                       const StepsDone& steps_done);

}  // namespace lmpack
