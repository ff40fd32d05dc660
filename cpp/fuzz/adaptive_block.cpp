// Blocks without a model: with any stride and predictor.

#include "lmpack/mixing/adaptive_block.hpp"

#include "block_properties.hpp"
#include "drawn_mixing.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lmpack;
  fuzz::Input input(data, size);
  const Mixing mixing = fuzz::drawn_mixing(input);
  fuzz::check_block(
      input,
      [mixing](const fuzz::Bytes& plain, BlockLayout layout) {
        return encode_adaptive_block(plain, layout, mixing, no_progress);
      },
      [mixing](fuzz::Bytes payload, BlockLayout layout) {
        return decode_adaptive_block(std::move(payload), layout, mixing, no_progress);
      });
  return 0;
}
