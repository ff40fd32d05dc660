#include "lmpack/mixing/lane_contexts.hpp"

namespace lmpack {
namespace {

bool is_letter(std::uint32_t byte) { return (byte | 32) - 'a' < 26 || byte >= 128; }

}  // namespace

void LaneContexts::add(std::span<const std::uint8_t> lane) {
  const std::uint32_t byte = lane.back();
  last_ = last_ << 8 | byte;
  if (is_letter(byte)) {
    word_ = hash_value(word_ + (byte | 32), 0);
  } else if (word_ != 0) {
    word_before_ = word_;
    word_ = 0;
  }
  hash_all(lane);
}

void LaneContexts::hash_all(std::span<const std::uint8_t> lane) {
  // Orders 2 to 4 help everywhere.
  constexpr std::size_t kOrders = 3;
  for (std::size_t i = 0; i < kOrders; ++i) {
    const std::uint64_t mask = (std::uint64_t{1} << (8 * (i + 2))) - 1;
    hashes_[i] = hash_value(last_ & mask, i + 1);
  }
  if (kind_.stride == 0) {
    hash_text(kOrders);
  } else {
    hash_records(kOrders, lane);
  }
}

// Longer orders, words, and two bytes without the last one.
void LaneContexts::hash_text(std::size_t first) {
  const std::uint64_t values[] = {
      last_ & 0xFFFFFFFFFF,
      last_ & 0xFFFFFFFFFFFF,
      word_,
      word_ + 31 * word_before_,
      last_ & 0xFFFF00,
      7 * word_before_ + (last_ & 0xFF),
      last_,
  };
  static_assert(3 + std::size(values) == kContexts);
  for (const std::uint64_t value : values) {
    hashes_[first] = hash_value(value, first + 1);
    ++first;
  }
}

// Neighbours, an order that helps where records repeat, and the column. N is the byte one stride
// before the next byte, W the last one, NW the one before N.
void LaneContexts::hash_records(std::size_t first, std::span<const std::uint8_t> lane) {
  const auto back = [&](std::uint64_t distance) -> std::uint64_t {
    return distance > 0 && distance <= lane.size() ? lane[lane.size() - distance] : 0;
  };
  const std::uint64_t stride = kind_.stride;
  const std::uint64_t w = back(1), n = back(stride), nn = back(2 * stride);
  const std::uint64_t nw = back(stride + 1), ne = back(stride - 1);
  const std::uint64_t gradient = w + n + 256 - nw;
  const std::uint64_t values[] = {
      n,
      last_ & 0xFFFFFFFFFF,
      n << 24 | ne << 16 | nw << 8 | w,
      gradient << 8 | (n + w) / 2 / 16,
      (2 * n + 256 - nn) << 8 | w / 16,
      n << 8 | nn,
      lane.size() % stride,
  };
  static_assert(3 + std::size(values) == kContexts);
  for (const std::uint64_t value : values) {
    hashes_[first] = hash_value(value, first + 1);
    ++first;
  }
}

}  // namespace lmpack
