// Decodes the tokens of one block, step by step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lmpack/coder/block_layout.hpp"
#include "lmpack/coder/coder_state.hpp"
#include "lmpack/coder/range_decoder.hpp"
#include "lmpack/mixing/mixing.hpp"
#include "lmpack/tokens/token_lanes.hpp"
#include "lmpack/tokens/token_mixer.hpp"
#include "lmpack/tokens/token_table.hpp"
#include "lmpack/tokens/weight_sums.hpp"

namespace lmpack {

// Not safe for two threads at once.
class TokenBlockDecoder {
 public:
  // The table must outlive the decoder. Throws DamagedStream if the payload starts like none.
  TokenBlockDecoder(const TokenTable& table, std::vector<std::uint8_t> payload, BlockLayout layout,
                    std::optional<Mixing> mixing);

  // The mixer looks at the bytes in here.
  TokenBlockDecoder(const TokenBlockDecoder&) = delete;
  TokenBlockDecoder& operator=(const TokenBlockDecoder&) = delete;

  const TokenTable& table() const { return table_; }
  const BlockLayout& layout() const { return lanes_.layout(); }

  // Whether a lane has bytes left, so that it takes part in the next step.
  bool is_active(std::size_t lane) const { return lanes_.rest(lane) > 0; }

  // Whether all lanes are full.
  bool done() const { return coded() == layout().length(); }

  // Bytes that are decoded.
  std::size_t coded() const { return lanes_.coded(); }

  // Decodes the next step. weights: [lanes, tokens of the table], those that the encoder had;
  // tokens: [lanes], set to 0 for lanes that were full. Rows of full lanes are ignored. Throws
  // DamagedStream if no tokens have this payload, InvalidArgument for a size or weights out of
  // range and for a call out of turn; after bad weights or damage, for every further call.
  void decode(std::span<const std::int32_t> weights, std::span<std::int32_t> tokens);

  // The same with the sums of the weights: [lanes].
  void decode(std::span<const WeightSums> sums, std::span<std::int32_t> tokens);

  // The block. Call it when done(): throws DamagedStream unless the encoder writes this very
  // payload for these tokens, InvalidArgument if a lane is not full.
  std::vector<std::uint8_t> finish();

 private:
  class Reader;

  void check(std::size_t given, std::size_t for_each, const char* name, std::size_t tokens) const;

  // Decodes a step; sums_of(lane) are the sums of a lane that has bytes left.
  template <typename SumsOf>
  void decode_step(std::span<std::int32_t> tokens, const SumsOf& sums_of);

  const TokenTable& table_;
  std::vector<std::uint8_t> plain_;
  TokenLanes lanes_;
  CoderState state_;
  TokenMixer mixer_;
  RangeDecoder coder_;
};

}  // namespace lmpack
