#include "lmpack/mixing/adaptive_block.hpp"

#include <cstddef>
#include <utility>

#include "lmpack/mixing/mixed_decoder.hpp"
#include "lmpack/mixing/mixed_encoder.hpp"

namespace lmpack {
namespace {

// A mixer for a block of so many bytes. While a prefix is learned, no steps are done.
MixerHandle mixer_behind(PrimedMixers& prefix, Mixing mixing, std::size_t length,
                         const StepsDone& steps_done) {
  const PrimedMixers::Kind kind{mixing.predictor, mixing.stride, {}};
  return prefix.take(kind, length, [&](std::size_t tables_for) {
    const auto bytes = prefix.bytes();
    const BlockLayout layout = BlockLayout::of_one_lane(bytes.size());
    MixedEncoder coder(bytes, layout, mixing, 0, tables_for);
    encode_in_pieces(
        layout.steps(), [&](std::size_t) { steps_done(0); },
        [&](std::size_t, std::size_t count) { coder.encode(count); });
    return coder.take_mixer();
  });
}

}  // namespace

std::vector<std::uint8_t> encode_adaptive_block(std::span<const std::uint8_t> plain,
                                                BlockLayout layout, Mixing mixing,
                                                const StepsDone& steps_done, PrimedMixers* prefix,
                                                const GivenBytes& given) {
  MixedEncoder coder =
      prefix == nullptr
          ? MixedEncoder(plain, layout, mixing)
          : MixedEncoder(plain, layout, mixer_behind(*prefix, mixing, layout.length(), steps_done),
                         given);
  encode_in_pieces(layout.steps(), steps_done,
                   [&](std::size_t, std::size_t count) { coder.encode(count); });
  return coder.finish();
}

std::vector<std::uint8_t> decode_adaptive_block(std::vector<std::uint8_t> payload,
                                                BlockLayout layout, Mixing mixing,
                                                const StepsDone& steps_done, PrimedMixers* prefix,
                                                const GivenBytes& given) {
  MixedDecoder coder =
      prefix == nullptr
          ? MixedDecoder(std::move(payload), layout, mixing)
          : MixedDecoder(std::move(payload), layout,
                         mixer_behind(*prefix, mixing, layout.length(), steps_done), given);
  decode_in_steps(layout.steps(), steps_done, [&](std::size_t) { coder.decode(); });
  return coder.finish();
}

}  // namespace lmpack
