// A fuzzer's input: numbers at its start, then plain bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace lmpack::fuzz {

using Bytes = std::vector<std::uint8_t>;

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : left_(data, size) {}

  // 0 <= result < limit <= 256. Zero where the input has ended, so that every input is a valid one.
  std::size_t below(std::size_t limit) { return byte() % limit; }

  std::uint32_t word16() {
    const std::uint32_t low = byte();
    return low | std::uint32_t{byte()} << 8;
  }

  std::uint32_t word32() {
    const std::uint32_t low = word16();
    return low | word16() << 16;
  }

  // All that is left, at most `most` bytes of it.
  Bytes rest(std::size_t most) const {
    const auto part = left_.first(std::min(most, left_.size()));
    return {part.begin(), part.end()};
  }

 private:
  std::uint8_t byte() {
    if (left_.empty()) return 0;
    const std::uint8_t first = left_.front();
    left_ = left_.subspan(1);
    return first;
  }

  std::span<const std::uint8_t> left_;
};

}  // namespace lmpack::fuzz
