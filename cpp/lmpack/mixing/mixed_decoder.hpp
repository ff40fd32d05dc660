// Decodes the bytes of a block with adaptive mixing, step by step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/coder/block_cursor.hpp"
#include "lmpack/coder/range_decoder.hpp"
#include "lmpack/mixing/context_mixer.hpp"

namespace lmpack {

// Not safe for two threads at once.
class MixedDecoder {
 public:
  // Throws DamagedStream if the payload starts like none.
  MixedDecoder(std::vector<std::uint8_t> payload, BlockLayout layout, DataKind kind);

  MixedDecoder(const MixedDecoder&) = delete;
  MixedDecoder& operator=(const MixedDecoder&) = delete;

  const BlockLayout& layout() const { return cursor_.layout(); }

  // Decodes the next step without a model. Throws DamagedStream if the payload ends too early,
  // InvalidArgument for a call out of turn; after damage, for every further call.
  void decode();

  // The same with a model. odds: [lanes, vocabulary], those of the bytes first, the same as the
  // encoder had; bytes: [lanes], set to 0 for lanes that have ended. Throws InvalidArgument also
  // for a size or odds out of range; after bad odds, for every further call.
  void decode(std::span<const std::int32_t> odds, std::size_t vocabulary,
              std::span<std::int32_t> bytes);

  // The block. Call it after the last step: throws DamagedStream unless the encoder writes this
  // very payload for these bytes, InvalidArgument if there are steps left.
  std::vector<std::uint8_t> finish();

 private:
  void check_sizes(std::size_t odds, std::size_t vocabulary, std::size_t bytes) const;

  // model(prefix) is what the model says of the next bit, given those before it.
  template <typename Model>
  std::uint8_t decode_byte(std::size_t lane, const Model& model);

  BlockCursor cursor_;
  std::vector<std::uint8_t> plain_;
  ContextMixer mixer_;
  RangeDecoder coder_;
};

}  // namespace lmpack
