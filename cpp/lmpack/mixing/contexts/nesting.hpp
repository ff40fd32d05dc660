// Brackets that are open.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lmpack/mixing/hash.hpp"

namespace lmpack {

class Nesting {
 public:
  // second_word: the last whole word.
  void add(std::uint8_t byte, std::uint64_t second_word) {
    const bool quoted = bracket() == '"';
    const bool opens = byte == '(' || byte == '[' || byte == '{' || byte == '<';
    const bool closes = byte == ')' || byte == ']' || byte == '}' || byte == '>';
    const bool quote = byte == '"';
    if (opens || (quote && !quoted)) {
      if (depth_ < kDeepest) open_[depth_++] = {byte, combined(second_word, byte)};
    } else if (depth_ > 0 && (closes || quote || (byte == '\n' && quoted))) {
      --depth_;
    }
  }

  std::uint32_t bracket() const { return depth_ == 0 ? 0 : open_[depth_ - 1].byte; }
  std::uint64_t key() const { return depth_ == 0 ? 0 : open_[depth_ - 1].key; }

 private:
  struct Bracket {
    std::uint8_t byte;
    std::uint64_t key;  // of the bracket and the word before it
  };

  static constexpr std::size_t kDeepest = 64;

  std::array<Bracket, kDeepest> open_{};
  std::size_t depth_ = 0;
};

}  // namespace lmpack
