// Whole blocks of bytes, predicted by one model or two that are mixed with what the block teaches.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/block_steps.hpp"
#include "lmpack/coder/block_layout.hpp"
#include "lmpack/mixing/given_bytes.hpp"
#include "lmpack/mixing/mixing.hpp"
#include "lmpack/models.hpp"
#include "lmpack/prefix.hpp"
#include "lmpack/thread_team.hpp"

namespace lmpack {

// As encode_block(), with adaptive mixing, of one model or two. prefix: what models and mixing go
// on from. given: what the decoder is given, too, only behind a prefix. Throws InvalidArgument for
// another number of models.
std::vector<std::uint8_t> encode_mixed_block(const Models& models, ThreadTeam& team,
                                             std::span<const std::uint8_t> plain,
                                             BlockLayout layout, Mixing mixing,
                                             const StepsDone& steps_done, Prefix* prefix = nullptr,
                                             const GivenBytes& given = {});

// The bytes of such a block. Throws DamagedStream if the payload is not that of any bytes.
std::vector<std::uint8_t> decode_mixed_block(const Models& models, ThreadTeam& team,
                                             std::vector<std::uint8_t> payload, BlockLayout layout,
                                             Mixing mixing, const StepsDone& steps_done,
                                             Prefix* prefix = nullptr,
                                             const GivenBytes& given = {});

}  // namespace lmpack
