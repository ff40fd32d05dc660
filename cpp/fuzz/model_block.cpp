// Blocks that a model predicts.

#include "block_properties.hpp"
#include "lmpack/block_codec.hpp"
#include "small_engine.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lmpack;
  fuzz::Input input(data, size);
  fuzz::check_block(
      input,
      [](const fuzz::Bytes& plain, BlockLayout layout) {
        return encode_block(fuzz::small_engine(), fuzz::one_thread(), plain, layout, no_progress);
      },
      [](fuzz::Bytes payload, BlockLayout layout) {
        return decode_block(fuzz::small_engine(), fuzz::one_thread(), std::move(payload), layout,
                            no_progress);
      });
  return 0;
}
