// Decodes the bytes of a block with adaptive mixing, step by step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "lmpack/coder/block_cursor.hpp"
#include "lmpack/coder/range_decoder.hpp"
#include "lmpack/mixing/byte_path.hpp"
#include "lmpack/mixing/context_mixer.hpp"
#include "lmpack/mixing/given_bytes.hpp"
#include "lmpack/mixing/primed_mixers.hpp"

namespace lmpack {

// Told when a lane is about to be decoded, whose odds are looked at only then, and which byte it
// was.
struct LaneTurns {
  std::function<void(std::size_t lane)> before;
  std::function<void(std::size_t lane, std::uint8_t byte)> after;
};

// Not safe for two threads at once.
class MixedDecoder {
 public:
  // models: how many predict, 0 to 2. Throws DamagedStream if the payload
  // starts like none, InvalidArgument for another number of models.
  MixedDecoder(std::vector<std::uint8_t> payload, BlockLayout layout, Mixing mixing,
               std::size_t models = 0);

  // The same with a mixer that has learned a prefix, behind which the block goes on, and with the
  // bytes that were given when it was encoded.
  MixedDecoder(std::vector<std::uint8_t> payload, BlockLayout layout, MixerHandle mixer,
               const GivenBytes& given = {});

  MixedDecoder(const MixedDecoder&) = delete;
  MixedDecoder& operator=(const MixedDecoder&) = delete;

  const BlockLayout& layout() const { return cursor_.layout(); }

  // Decodes the next step where no model predicts. Throws DamagedStream if the payload ends too
  // early, InvalidArgument for a call out of turn or where a model does; after damage, for every
  // further call.
  void decode();

  // The same with what each model gives, in rows [lanes], the same as the
  // encoder had; bytes: [lanes], set to 0 for lanes that have ended. Throws InvalidArgument also
  // for a size or odds out of range; after bad odds, for every further call.
  void decode(std::span<const OddsRows> models, std::span<std::int32_t> bytes);

  // The same, lane by lane: what `turns` throw goes through, and every further call is refused.
  void decode(std::span<const OddsRows> models, std::span<std::int32_t> bytes,
              const LaneTurns& turns);

  // The block. Call it after the last step: throws DamagedStream unless the encoder writes this
  // very payload for these bytes, InvalidArgument if there are steps left.
  std::vector<std::uint8_t> finish();

 private:
  // say(prefix, said) writes what each model says of the next bit, given those before it.
  template <typename Say>
  std::uint8_t decode_byte(const Cell& cell, const Say& say);

  BlockCursor cursor_;
  std::vector<std::uint8_t> plain_;
  GivenBytes given_;
  MixerHandle mixer_;
  RangeDecoder coder_;
};

}  // namespace lmpack
