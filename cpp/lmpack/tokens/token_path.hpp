// What a model says of one known token, as the decisions that code it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmpack/tokens/token_table.hpp"
#include "lmpack/tokens/weight_sums.hpp"

namespace lmpack {

struct TokenDecision {
  std::uint16_t model;  // what the weights say of a 1
  bool is_end;          // the flag END; otherwise a bit of a byte
  bool is_open;         // whether it is coded; otherwise it can only be this
  bool bit;

  bool operator==(const TokenDecision&) const = default;
};

// In the order in which they are coded; bits always come in eights.
using TokenPath = std::vector<TokenDecision>;

// Puts the path of a token in place of what is in `path`. rest: bytes left in the lane, the token
// included.
void find_path(const TokenTable& table, const WeightSums& sums, std::size_t token, std::size_t rest,
               TokenPath& path);

}  // namespace lmpack
