// Brackets that are open, and the punctuation of the sentence so far.
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
    follow_brackets(byte, second_word);
    count_punctuation(byte);
  }

  std::uint32_t bracket() const { return depth_ == 0 ? 0 : open_[depth_ - 1].byte; }
  std::uint64_t key() const { return depth_ == 0 ? 0 : open_[depth_ - 1].key; }
  std::uint32_t sentence() const { return sentence_; }
  std::uint32_t balance() const { return balance_; }
  std::uint32_t markup() const { return markup_; }

 private:
  struct Bracket {
    std::uint8_t byte;
    std::uint64_t key;  // of the bracket and the word before it
  };

  static constexpr std::size_t kDeepest = 64;
  static constexpr std::uint32_t kForgotten = 300;  // bytes without any of these characters

  void follow_brackets(std::uint8_t byte, std::uint64_t second_word) {
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

  void count_punctuation(std::uint8_t byte) {
    ++since_;
    switch (byte) {
      case '(':
        balance_ += 31;
        break;
      case ')':
        balance_ -= 31;
        break;
      case '[':
        balance_ += 11;
        break;
      case ']':
        balance_ -= 11;
        break;
      case '{':
        balance_ += 17;
        break;
      case '}':
        balance_ -= 17;
        break;
      case '<':
        balance_ += 23, markup_ += 34;
        break;
      case '>':
        balance_ -= 23, markup_ /= 5;
        break;
      case '"':
        balance_ ^= 0x400, sentence_ += 37;
        break;
      case '&':
        markup_ += 10;
        break;
      case ';':
        markup_ /= 5, sentence_ += 7;
        break;
      case ':':
        sentence_ = 20;
        break;
      case ',':
        sentence_ += 3;
        break;
      case '=':
        sentence_ += 5;
        break;
      case '-':
        sentence_ += 11;
        break;
      case '/':
        sentence_ += 13;
        break;
      case ' ':
        markup_ = 0;
        return;
      case '\n':
      case '.':
      case '!':
      case '?':
        sentence_ = 0;
        return;
      default:
        if (since_ > kForgotten) since_ = balance_ = sentence_ = markup_ = 0;
        return;
    }
    since_ = 0;
  }

  std::array<Bracket, kDeepest> open_{};
  std::size_t depth_ = 0;
  std::uint32_t sentence_ = 0;
  std::uint32_t balance_ = 0;
  std::uint32_t markup_ = 0;
  std::uint32_t since_ = 0;
};

}  // namespace lmpack
