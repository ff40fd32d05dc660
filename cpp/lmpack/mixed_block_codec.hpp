// Whole blocks of bytes, predicted by a model that is mixed with what the block teaches.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/block_steps.hpp"
#include "lmpack/coder/block_layout.hpp"
#include "lmpack/engine/engine.hpp"
#include "lmpack/mixing/data_kind.hpp"
#include "lmpack/thread_team.hpp"

namespace lmpack {

// As encode_block(), with adaptive mixing.
std::vector<std::uint8_t> encode_mixed_block(const Engine& engine, ThreadTeam& team,
                                             std::span<const std::uint8_t> plain,
                                             BlockLayout layout, DataKind kind,
                                             const StepsDone& steps_done);

// The bytes of such a block. Throws DamagedStream if the payload is not that of any bytes.
std::vector<std::uint8_t> decode_mixed_block(const Engine& engine, ThreadTeam& team,
                                             std::vector<std::uint8_t> payload, BlockLayout layout,
                                             DataKind kind, const StepsDone& steps_done);

}  // namespace lmpack
