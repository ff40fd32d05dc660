// Whole blocks of tokens: predict, sum the weights, code, feed back; nothing leaves the core.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lmpack/block_steps.hpp"
#include "lmpack/coder/block_layout.hpp"
#include "lmpack/decoder/engine.hpp"
#include "lmpack/mixing/mixing.hpp"
#include "lmpack/thread_team.hpp"
#include "lmpack/tokens/token_table.hpp"

namespace lmpack {

// The tokens of the lanes of a block.
struct LaneTokens {
  std::span<const std::int32_t>
      tokens;  // those of the first lane, then those of the second one, ...
  std::span<const std::int32_t> counts;  // how many each lane has
};

// The payload of a block; mixing: what kind of data is mixed, nothing for the model alone. steps:
// as if each step were a byte of every lane. Throws InvalidArgument if the table has not the
// tokens of the engine, or the tokens of a lane are not its bytes.
std::vector<std::uint8_t> encode_token_block(const DecoderEngine& engine, const TokenTable& table,
                                             ThreadTeam& team, std::span<const std::uint8_t> plain,
                                             BlockLayout layout, const LaneTokens& lane_tokens,
                                             std::optional<Mixing> mixing,
                                             const StepsDone& steps_done);

// The bytes of such a block. Throws DamagedStream if the payload is not that of any tokens.
std::vector<std::uint8_t> decode_token_block(const DecoderEngine& engine, const TokenTable& table,
                                             ThreadTeam& team, std::vector<std::uint8_t> payload,
                                             BlockLayout layout, std::optional<Mixing> mixing,
                                             const StepsDone& steps_done);

}  // namespace lmpack
