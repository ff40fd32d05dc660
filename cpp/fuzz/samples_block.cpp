// Blocks of 16-bit samples, which are predicted before their residuals are mixed.

#include "block_properties.hpp"
#include "drawn_mixing.hpp"
#include "lmpack/mixing/adaptive_block.hpp"
#include "lmpack/samples/residuals.hpp"

namespace {

using namespace lmpack;

// Enough samples for the filters' memory to wrap round. Every sequence of bytes is both some
// samples and some residuals; which it is here, the input chooses.
void check_residuals(fuzz::Input& input, std::size_t channels) {
  constexpr std::size_t kMostSampleBytes = 640;
  const bool samples = input.below(2) == 0;
  const fuzz::Bytes bytes = input.rest(kMostSampleBytes);
  const fuzz::Bytes back =
      samples ? samples_of(residuals_of(bytes, channels, no_progress), channels, no_progress)
              : residuals_of(samples_of(bytes, channels, no_progress), channels, no_progress);
  if (back != bytes) std::abort();
}

void check_blocks(fuzz::Input& input, std::size_t channels) {
  const auto stride = static_cast<std::uint32_t>(sizeof(std::int16_t) * channels);
  const Mixing mixing{stride, fuzz::drawn_predictor(input)};
  fuzz::check_block(
      input,
      [&](const fuzz::Bytes& plain, BlockLayout layout) {
        return encode_adaptive_block(residuals_of(plain, channels, no_progress), layout, mixing,
                                     no_progress);
      },
      [&](fuzz::Bytes payload, BlockLayout layout) {
        return samples_of(decode_adaptive_block(std::move(payload), layout, mixing, no_progress),
                          channels, no_progress);
      });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::size_t channels = 1 + input.below(kMostChannels);
  if (input.below(2) == 0) {
    check_residuals(input, channels);
  } else {
    check_blocks(input, channels);
  }
  return 0;
}
