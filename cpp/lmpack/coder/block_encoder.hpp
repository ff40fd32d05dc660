// Encodes the symbols of one block, all lanes into one stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/coder/block_cursor.hpp"
#include "lmpack/coder/range_encoder.hpp"

namespace lmpack {

// Not safe for two threads at once.
class BlockEncoder {
 public:
  // Throws InvalidArgument if the vocabulary is out of range.
  BlockEncoder(BlockLayout layout, std::int64_t vocabulary);

  const BlockLayout& layout() const { return cursor_.layout(); }
  std::size_t vocabulary() const { return frequencies_.size(); }

  // Codes the next `steps` steps. odds: [lanes, steps, vocabulary]; symbols: [lanes, steps].
  // Entries of lanes that have ended are ignored.
  // Throws InvalidArgument for a size, odds or a symbol out of range and for a call out of turn;
  // after bad odds or a bad symbol the encoder refuses all further calls.
  void encode(std::span<const std::int32_t> odds, std::span<const std::int32_t> symbols,
              std::size_t steps);

  // The same with the symbols' places in their tables: intervals [lanes, steps].
  void encode(std::span<const TableInterval> intervals, std::size_t steps);

  // The payload, after exactly layout().steps() steps; otherwise throws InvalidArgument.
  std::vector<std::uint8_t> finish();

 private:
  void check_sizes(std::size_t symbols, std::size_t steps) const;
  TableInterval interval_for(std::span<const std::int32_t> odds, std::int32_t symbol);

  BlockCursor cursor_;
  RangeEncoder coder_;

  // Scratch for one table, [vocabulary].
  std::vector<std::uint32_t> frequencies_;
};

}  // namespace lmpack
