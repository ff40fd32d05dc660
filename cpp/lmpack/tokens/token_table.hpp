// The tokens of a model as strings of bytes: all that coding needs of a tokenizer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/coder/bytes.hpp"

namespace lmpack {

// Consecutive tokens of a table: [first, last).
struct TokenRange {
  std::size_t first;
  std::size_t last;

  std::size_t size() const { return last - first; }
  bool operator==(const TokenRange&) const = default;
};

// Tokens in ascending order of their bytes, so that those that begin alike stand side by side.
// Never changes: any number of threads may use it.
class TokenTable {
 public:
  static constexpr std::size_t kMostTokens = std::size_t{1} << 20;

  // bytes: of all tokens, one after another; lengths: of each token, 1 to 255. Throws
  // InvalidArgument for another number of bytes, no token or too many, an empty one, or tokens
  // that are not strictly ascending.
  TokenTable(std::vector<std::uint8_t> bytes, std::span<const std::uint8_t> lengths);

  // Number of tokens.
  std::size_t size() const { return starts_.size() - 1; }

  std::span<const std::uint8_t> token(std::size_t number) const {
    return std::span(bytes_).subspan(starts_[number], length(number));
  }

  std::size_t length(std::size_t number) const { return starts_[number + 1] - starts_[number]; }

  TokenRange all() const { return {0, size()}; }

  // Where a range splits: the first of its tokens whose byte at `place` is at least `byte`, or its
  // end. The tokens of the range have that place, and are alike before it.
  std::size_t split(TokenRange range, std::size_t place, std::uint32_t byte) const;

 private:
  void check_order() const;

  std::vector<std::uint8_t> bytes_;
  std::vector<std::uint32_t> starts_;                   // [tokens + 1]
  std::array<std::uint32_t, kByteValues + 1> first_{};  // of the tokens from each first byte on
};

}  // namespace lmpack
