#include "lmpack/mixing/adaptive_block.hpp"

#include <cstddef>
#include <utility>

#include "lmpack/mixing/mixed_decoder.hpp"
#include "lmpack/mixing/mixed_encoder.hpp"

namespace lmpack {

std::vector<std::uint8_t> encode_adaptive_block(std::span<const std::uint8_t> plain,
                                                BlockLayout layout, Mixing mixing,
                                                const StepsDone& steps_done) {
  MixedEncoder coder(plain, layout, mixing);
  encode_in_pieces(layout.steps(), steps_done,
                   [&](std::size_t, std::size_t count) { coder.encode(count); });
  return coder.finish();
}

std::vector<std::uint8_t> decode_adaptive_block(std::vector<std::uint8_t> payload,
                                                BlockLayout layout, Mixing mixing,
                                                const StepsDone& steps_done) {
  MixedDecoder coder(std::move(payload), layout, mixing);
  decode_in_steps(layout.steps(), steps_done, [&](std::size_t) { coder.decode(); });
  return coder.finish();
}

}  // namespace lmpack
