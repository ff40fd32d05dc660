// Encodes the bytes of a block with adaptive mixing, all lanes into one stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "lmpack/coder/block_cursor.hpp"
#include "lmpack/coder/range_encoder.hpp"
#include "lmpack/mixing/byte_path.hpp"
#include "lmpack/mixing/context_mixer.hpp"
#include "lmpack/mixing/given_bytes.hpp"
#include "lmpack/mixing/primed_mixers.hpp"

namespace lmpack {

// Not safe for two threads at once.
class MixedEncoder {
 public:
  // plain must outlive the encoder. models: how many predict, 0 to 2. tables_for: as for the mixer.
  // Throws InvalidArgument for another number of models, and unless there are layout.length()
  // bytes.
  MixedEncoder(std::span<const std::uint8_t> plain, BlockLayout layout, Mixing mixing,
               std::size_t models = 0, std::size_t tables_for = 0);

  // The same with a mixer that has learned a prefix, behind which the block goes on, and with bytes
  // that are given to the decoder, too.
  MixedEncoder(std::span<const std::uint8_t> plain, BlockLayout layout, MixerHandle mixer,
               const GivenBytes& given = {});

  const BlockLayout& layout() const { return cursor_.layout(); }
  std::size_t models() const { return mixer_->models(); }

  // Codes the next `steps` steps where no model predicts; throws InvalidArgument where one does.
  void encode(std::size_t steps);

  // The same with what each model gives, in rows [lanes, steps]. Those of
  // lanes that have ended are ignored. Throws InvalidArgument for a size or odds out of range and
  // for a call out of turn; after bad odds the encoder refuses all further calls.
  void encode(std::span<const OddsRows> models, std::size_t steps);

  // The same with what the odds say of the bits of each byte: paths [lanes, steps, models].
  void encode(std::span<const BytePath> paths, std::size_t steps);

  // The payload, after exactly layout().steps() steps; otherwise throws InvalidArgument.
  std::vector<std::uint8_t> finish();

  // What has mixed; the encoder is of no more use.
  MixerHandle take_mixer() { return std::move(mixer_); }

 private:
  void check_length() const;
  void encode_byte(const Cell& cell, std::span<const BytePath> paths);

  std::span<const std::uint8_t> plain_;
  GivenBytes given_;
  BlockCursor cursor_;
  MixerHandle mixer_;
  RangeEncoder coder_;
};

}  // namespace lmpack
