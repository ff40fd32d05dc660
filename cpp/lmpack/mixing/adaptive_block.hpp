// Whole blocks of bytes that nothing but their own bytes predict.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/block_steps.hpp"
#include "lmpack/coder/block_layout.hpp"
#include "lmpack/mixing/given_bytes.hpp"
#include "lmpack/mixing/mixing.hpp"
#include "lmpack/mixing/primed_mixers.hpp"

namespace lmpack {

// The payload of a block, with adaptive mixing but without a model. prefix: what mixing goes on
// from. given: what the decoder is given, too, only behind a prefix. Throws InvalidArgument unless
// `plain` has layout.length() bytes.
std::vector<std::uint8_t> encode_adaptive_block(std::span<const std::uint8_t> plain,
                                                BlockLayout layout, Mixing mixing,
                                                const StepsDone& steps_done,
                                                PrimedMixers* prefix = nullptr,
                                                const GivenBytes& given = {});

// The bytes of such a block. Throws DamagedStream if the payload is not that of any bytes.
std::vector<std::uint8_t> decode_adaptive_block(std::vector<std::uint8_t> payload,
                                                BlockLayout layout, Mixing mixing,
                                                const StepsDone& steps_done,
                                                PrimedMixers* prefix = nullptr,
                                                const GivenBytes& given = {});

}  // namespace lmpack
