// What copies find in a prefix: bytes that stand before a block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "lmpack/copies/piece_table.hpp"

namespace lmpack {

class PrefixPieces {
 public:
  // So far copies reach beyond the start of a block, at most: all distances are below 2**28.
  static constexpr std::size_t kReach = (std::size_t{1} << 28) - (std::size_t{1} << 24) - 1;

  // Goes through all bytes, or the last ones if they are more than kReach, once; they must outlive
  // it.
  explicit PrefixPieces(std::span<const std::uint8_t> bytes);

  // The bytes that are within reach.
  std::span<const std::uint8_t> bytes() const { return bytes_; }

  // As for the table of a block: where in bytes() a piece of this hash may stand.
  bool find(std::uint64_t hash, std::size_t& start) const { return table_.find(hash, start); }

 private:
  std::span<const std::uint8_t> bytes_;
  PieceTable table_;
};

}  // namespace lmpack
