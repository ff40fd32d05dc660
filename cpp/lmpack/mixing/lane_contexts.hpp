// What of a lane's past selects the statistics of its next byte.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "lmpack/mixing/data_kind.hpp"

namespace lmpack {

// Number of hashed contexts.
inline constexpr std::size_t kContexts = 10;

// Spreads a value over 64 bits; different salts (below 256) give independent results.
constexpr std::uint64_t hash_value(std::uint64_t value, std::uint64_t salt) {
  value = (value ^ (salt << 56)) * 0x9E3779B97F4A7C15;
  return value ^ (value >> 32);
}

class LaneContexts {
 public:
  explicit LaneContexts(DataKind kind) : kind_(kind) { hash_all({}); }

  // Takes the lane's next byte: the last one of `lane`, all its bytes so far.
  void add(std::span<const std::uint8_t> lane);

  // The last eight bytes, the newest lowest; before the lane stand zeros.
  std::uint64_t last() const { return last_; }

  // A hash for each context.
  const std::array<std::uint64_t, kContexts>& hashes() const { return hashes_; }

 private:
  void hash_all(std::span<const std::uint8_t> lane);
  void hash_text(std::size_t first);
  void hash_records(std::size_t first, std::span<const std::uint8_t> lane);

  DataKind kind_;
  std::uint64_t last_ = 0;
  std::uint64_t word_ = 0;         // hash of the letters since the last other byte; 0: none
  std::uint64_t word_before_ = 0;  // the same of the word before
  std::array<std::uint64_t, kContexts> hashes_{};
};

}  // namespace lmpack
