// Blocks without a model: text, and records of any stride.

#include "lmpack/mixing/adaptive_block.hpp"

#include "block_properties.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lmpack;
  fuzz::Input input(data, size);
  const Mixing mixing{input.word16()};
  fuzz::check_block(
      input,
      [kind](const fuzz::Bytes& plain, BlockLayout layout) {
        return encode_adaptive_block(plain, layout, kind, no_progress);
      },
      [kind](fuzz::Bytes payload, BlockLayout layout) {
        return decode_adaptive_block(std::move(payload), layout, kind, no_progress);
      });
  return 0;
}
