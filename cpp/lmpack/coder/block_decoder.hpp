// Decodes the symbols of one block, step by step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/coder/block_cursor.hpp"
#include "lmpack/coder/range_decoder.hpp"

namespace lmpack {

// Not safe for two threads at once.
class BlockDecoder {
 public:
  // Throws InvalidArgument if the vocabulary is out of range, DamagedStream if the payload starts
  // like none.
  BlockDecoder(std::vector<std::uint8_t> payload, BlockLayout layout, std::int64_t vocabulary);

  const BlockLayout& layout() const { return cursor_.layout(); }
  std::size_t vocabulary() const { return frequencies_.size(); }

  // Decodes the next step. odds: [lanes, vocabulary], the same as the encoder had;
  // symbols: [lanes], set to 0 for lanes that have ended.
  // Throws DamagedStream if the payload ends too early, InvalidArgument for a size or odds out of
  // range and for a call out of turn; after bad odds or damage, for every further call.
  void decode(std::span<const std::int32_t> odds, std::span<std::int32_t> symbols);

  // The same with the tables of the next step: frequencies [lanes, vocabulary], each table with
  // the sum kFrequencyTotal.
  void decode(std::span<const std::uint32_t> frequencies, std::span<std::int32_t> symbols);

  // Call it after the last step: throws DamagedStream unless the encoder writes this very payload
  // for the decoded symbols, InvalidArgument if there are steps left.
  void finish();

 private:
  void check_sizes(std::size_t entries, std::size_t symbols) const;

  // Decodes a step; table(lane) is the lane's table.
  template <typename Table>
  void decode_step(std::span<std::int32_t> symbols, const Table& table);

  BlockCursor cursor_;
  RangeDecoder coder_;

  // Scratch for one table, [vocabulary].
  std::vector<std::uint32_t> frequencies_;
};

}  // namespace lmpack
