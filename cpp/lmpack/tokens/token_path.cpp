#include "lmpack/tokens/token_path.hpp"

#include <span>

#include "lmpack/tokens/token_walk.hpp"

namespace lmpack {
namespace {

// Walks to a token that is known, and writes down the way.
class Recorder {
 public:
  Recorder(std::span<const std::uint8_t> token, TokenPath& path) : token_(token), path_(path) {}

  bool end(Probability model) {
    const bool ends = place_ == token_.size();
    path_.push_back({static_cast<std::uint16_t>(model), true, true, ends});
    return ends;
  }

  std::uint32_t bit(Probability model, NextBit next) {
    const std::uint32_t bit = token_[place_] >> --bits_left_ & 1U;
    path_.push_back({static_cast<std::uint16_t>(model), false, next == NextBit::kOpen, bit != 0});
    return bit;
  }

  void byte(std::uint8_t) {
    ++place_;
    bits_left_ = kBitsInByte;
  }

 private:
  std::span<const std::uint8_t> token_;
  TokenPath& path_;
  std::size_t place_ = 0;
  int bits_left_ = kBitsInByte;
};

}  // namespace

void find_path(const TokenTable& table, const WeightSums& sums, std::size_t token, std::size_t rest,
               TokenPath& path) {
  path.clear();
  walk_token(table, sums, rest, Recorder(table.token(token), path));
}

}  // namespace lmpack
