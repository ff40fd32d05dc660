// Blocks that a model predicts together with what the block teaches.

#include "block_properties.hpp"
#include "drawn_mixing.hpp"
#include "lmpack/mixed_block_codec.hpp"
#include "small_engine.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lmpack;
  fuzz::Input input(data, size);
  const Mixing mixing = fuzz::drawn_mixing(input);
  fuzz::check_block(
      input,
      [mixing](const fuzz::Bytes& plain, BlockLayout layout) {
        return encode_mixed_block({&fuzz::small_engine()}, fuzz::one_thread(), plain, layout,
                                  mixing, no_progress);
      },
      [mixing](fuzz::Bytes payload, BlockLayout layout) {
        return decode_mixed_block({&fuzz::small_engine()}, fuzz::one_thread(), std::move(payload),
                                  layout, mixing, no_progress);
      });
  return 0;
}
