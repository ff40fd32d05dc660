#include "lmpack/tokens/token_block_decoder.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "lmpack/coder/bytes.hpp"
#include "lmpack/error.hpp"
#include "lmpack/mixing/bit_interval.hpp"
#include "lmpack/tokens/token_walk.hpp"

namespace lmpack {

// Walks where the payload leads, and writes the bytes into the block.
class TokenBlockDecoder::Reader {
 public:
  Reader(TokenBlockDecoder& decoder, std::size_t lane) : decoder_(decoder), lane_(lane) {
    decoder_.mixer_.start_token(lane);
  }

  bool end(Probability model) {
    const std::uint32_t bit = read(decoder_.mixer_.predict_end(model));
    decoder_.mixer_.update_end(bit);
    return bit != 0;
  }

  std::uint32_t bit(Probability model, NextBit next) {
    TokenMixer& mixer = decoder_.mixer_;
    if (bits_++ == 0) mixer.start_byte();
    const Probability p = mixer.predict_bit(model);
    const std::uint32_t bit = next == NextBit::kOpen ? read(p) : next == NextBit::kOne ? 1U : 0U;
    mixer.update_bit(bit);
    return bit;
  }

  void byte(std::uint8_t byte) {
    decoder_.plain_[decoder_.lanes_.next_index(lane_)] = byte;
    decoder_.lanes_.advance(lane_);
    decoder_.mixer_.finish_byte();
    bits_ = 0;
  }

 private:
  std::uint32_t read(Probability p) {
    const std::uint32_t bit = decoder_.coder_.lies_below(share_of_one(p)) ? 1 : 0;
    decoder_.coder_.consume(bit_interval(p, bit));
    return bit;
  }

  TokenBlockDecoder& decoder_;
  std::size_t lane_;
  int bits_ = 0;  // of the byte
};

TokenBlockDecoder::TokenBlockDecoder(const TokenTable& table, std::vector<std::uint8_t> payload,
                                     BlockLayout layout, std::optional<Mixing> mixing)
    : table_(table),
      plain_(layout.length()),
      lanes_(layout),
      mixer_(plain_, layout, mixing),
      coder_(std::move(payload)) {}

void TokenBlockDecoder::decode(std::span<const std::int32_t> weights,
                               std::span<std::int32_t> tokens) {
  check(weights.size(), table_.size(), "weights", tokens.size());
  WeightSums sums(table_.size());
  decode_step(tokens, [&](std::size_t lane) -> const WeightSums& {
    sums.assign(weights.subspan(lane * table_.size(), table_.size()));
    return sums;
  });
}

void TokenBlockDecoder::decode(std::span<const WeightSums> sums, std::span<std::int32_t> tokens) {
  check(sums.size(), 1, "sums", tokens.size());
  decode_step(tokens, [&](std::size_t lane) -> const WeightSums& { return sums[lane]; });
}

std::vector<std::uint8_t> TokenBlockDecoder::finish() {
  state_.check();
  if (!done()) throw InvalidArgument("the block can be finished when all its lanes are full");
  state_.finish([&] { coder_.finish(); });
  return std::move(plain_);
}

void TokenBlockDecoder::check(std::size_t given, std::size_t for_each, const char* name,
                              std::size_t tokens) const {
  state_.check();
  if (done()) throw InvalidArgument("all lanes of the block are full");
  const std::size_t lanes = layout().lanes();
  if (tokens != lanes || given != lanes * for_each) {
    throw InvalidArgument("a step needs " + std::to_string(lanes * for_each) + " " + name +
                          " for " + std::to_string(lanes) + " tokens, not " +
                          std::to_string(given) + " for " + std::to_string(tokens));
  }
}

template <typename SumsOf>
void TokenBlockDecoder::decode_step(std::span<std::int32_t> tokens, const SumsOf& sums_of) {
  std::ranges::fill(tokens, 0);
  state_.advance([&] {
    for (std::size_t lane = 0; lane < tokens.size(); ++lane) {
      if (!is_active(lane)) continue;
      const std::size_t token =
          walk_token(table_, sums_of(lane), lanes_.rest(lane), Reader(*this, lane));
      tokens[lane] = static_cast<std::int32_t>(token);
    }
  });
}

}  // namespace lmpack
