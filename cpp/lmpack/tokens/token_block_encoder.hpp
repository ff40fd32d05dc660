// Encodes the tokens of one block, all lanes into one stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lmpack/coder/block_layout.hpp"
#include "lmpack/coder/coder_state.hpp"
#include "lmpack/coder/range_encoder.hpp"
#include "lmpack/mixing/mixing.hpp"
#include "lmpack/tokens/token_mixer.hpp"
#include "lmpack/tokens/token_path.hpp"
#include "lmpack/tokens/token_table.hpp"
#include "lmpack/tokens/weight_sums.hpp"

namespace lmpack {

// At step k token k of every lane that has one is coded, lane by lane. Lanes are lanes of bytes;
// those that have no token left are ignored. Not safe for two threads at once, but for has(),
// token() and find_path().
class TokenBlockEncoder {
 public:
  // plain: the block; table and plain must outlive the encoder. tokens: those of the first lane,
  // then those of the second one, and so on; counts: how many each lane has, [lanes]. mixing: what
  // kind of data is mixed, nothing for the model alone. Throws InvalidArgument unless the bytes of
  // the tokens of each lane, joined, are those of the lane.
  TokenBlockEncoder(const TokenTable& table, std::span<const std::uint8_t> plain,
                    BlockLayout layout, std::span<const std::int32_t> tokens,
                    std::span<const std::int32_t> counts, std::optional<Mixing> mixing);

  TokenBlockEncoder(const TokenBlockEncoder&) = delete;
  TokenBlockEncoder& operator=(const TokenBlockEncoder&) = delete;

  const TokenTable& table() const { return table_; }
  const BlockLayout& layout() const { return layout_; }

  // Steps that code the block: as many as the lane with most tokens has.
  std::size_t steps() const;

  bool has(std::size_t lane, std::size_t step) const { return step < lanes_[lane].size(); }

  // Token `step` of a lane that has it.
  std::size_t token(std::size_t lane, std::size_t step) const { return lanes_[lane][step].token; }

  // What the weights say of token `step` of a lane that has it; see lmpack::find_path().
  void find_path(std::size_t lane, std::size_t step, const WeightSums& sums, TokenPath& path) const;

  // Codes the next `steps` steps. weights: [lanes, steps, tokens of the table]. Throws
  // InvalidArgument for a size out of range and for a call out of turn; also for weights out of
  // range, after which every further call is refused.
  void encode(std::span<const std::int32_t> weights, std::size_t steps);

  // The same with what the weights say of the tokens: paths [lanes, steps], from find_path().
  void encode(std::span<const TokenPath> paths, std::size_t steps);

  // The payload, after exactly steps() steps; otherwise throws InvalidArgument.
  std::vector<std::uint8_t> finish();

 private:
  struct PlacedToken {
    std::uint32_t token;
    std::uint32_t rest;  // bytes left in the lane, the token included
  };

  std::vector<PlacedToken> placed(std::size_t lane, std::span<const std::uint8_t> rest,
                                  std::span<const std::int32_t> tokens) const;
  void check(std::size_t given, std::size_t for_each, const char* name, std::size_t steps) const;
  void encode_token(std::size_t lane, const TokenPath& path);

  const TokenTable& table_;
  BlockLayout layout_;
  std::vector<std::vector<PlacedToken>> lanes_;
  std::size_t step_ = 0;  // steps that are coded
  CoderState state_;
  TokenMixer mixer_;
  RangeEncoder coder_;
};

}  // namespace lmpack
