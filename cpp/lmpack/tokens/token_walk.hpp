// How a token is coded, the same way in both directions: down the tree of the tokens, byte by byte.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lmpack/coder/bytes.hpp"
#include "lmpack/error.hpp"
#include "lmpack/tokens/token_table.hpp"
#include "lmpack/tokens/weight_sums.hpp"

namespace lmpack {

// Whether the next bit of a byte can have both values; if not, it needs no coding.
enum class NextBit { kZero, kOne, kOpen };

// Walks from the empty prefix to a token of at most `rest` bytes, and gives its number. At each
// choice the visitor is asked:
//   bool end(Probability model): whether the token ends here, where it could also go on;
//   std::uint32_t bit(Probability model, NextBit next): the next bit of a byte, the highest first;
//   void byte(std::uint8_t byte): told of each byte after its bits.
// `model` is what the weights say of a 1. Throws DamagedStream if a prefix of `rest` bytes, at
// least one, is no token.
template <typename Visitor>
std::size_t walk_token(const TokenTable& table, const WeightSums& sums, std::size_t rest,
                       Visitor&& visitor) {
  TokenRange range = table.all();  // the tokens that begin with the prefix
  for (std::size_t length = 0;; ++length) {
    if (table.length(range.first) == length) {
      const TokenRange longer{range.first + 1, range.last};
      if (length == rest || longer.size() == 0) return range.first;
      const std::uint64_t ending = sums.of({range.first, longer.first});
      if (visitor.end(share(ending, sums.of(longer)))) return range.first;
      range = longer;
    } else if (length == rest) {
      throw DamagedStream("a lane ends inside of a token");
    }
    std::uint32_t byte = 0;
    for (std::uint32_t half = kByteValues / 2; half > 0; half /= 2) {
      const std::size_t middle = table.split(range, length, byte | half);
      const TokenRange zeros{range.first, middle};
      const TokenRange ones{middle, range.last};
      const NextBit next = zeros.size() == 0  ? NextBit::kOne
                           : ones.size() == 0 ? NextBit::kZero
                                              : NextBit::kOpen;
      const std::uint32_t bit = visitor.bit(share(sums.of(ones), sums.of(zeros)), next);
      if (bit != 0) byte |= half;
      range = bit != 0 ? ones : zeros;
    }
    visitor.byte(static_cast<std::uint8_t>(byte));
  }
}

}  // namespace lmpack
