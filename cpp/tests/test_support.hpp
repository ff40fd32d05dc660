// Inputs and shorthands that several tests need.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "lmpack/coder/range_interval.hpp"

namespace lmpack::testing {

using Bytes = std::vector<std::uint8_t>;
using Symbols = std::vector<std::int32_t>;
using Odds = std::vector<std::int32_t>;
using Table = std::vector<std::uint32_t>;

// The same numbers on every platform, which the standard's distributions do not promise.
class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}

  // 0 <= result < limit.
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(engine_() % limit); }

  // `tables` tables of odds that span all magnitudes, zeros included.
  Odds odds(std::size_t tables, std::size_t vocabulary);

  Symbols symbols(std::size_t count, std::size_t vocabulary);

 private:
  std::mt19937_64 engine_;
};

// Frequencies that sum to kFrequencyTotal.
Table table_of(std::span<const std::int32_t> odds);

// FNV-1a, by which tests know bytes that must be the same everywhere.
std::uint64_t digest(std::span<const std::uint8_t> bytes);

// One symbol after another from one table, without lanes.
Bytes encode_all(const Table& table, const Symbols& symbols);

// Inverse of encode_all, its final check included.
Symbols decode_all(const Table& table, const Bytes& payload, std::size_t count);

}  // namespace lmpack::testing
