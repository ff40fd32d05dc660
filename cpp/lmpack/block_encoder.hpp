// Encodes the symbols of one block, all lanes into one stream.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/block_layout.hpp"
#include "lmpack/range_encoder.hpp"

namespace lmpack {

// Not safe for two threads at once.
class BlockEncoder {
 public:
  // Throws InvalidArgument if the vocabulary is out of range.
  BlockEncoder(BlockLayout layout, std::int64_t vocabulary);

  const BlockLayout& layout() const { return layout_; }
  std::int64_t vocabulary() const { return vocabulary_; }

  // Codes the next `steps` steps. weights: [lanes, steps, vocabulary]; symbols: [lanes, steps].
  // Entries of lanes that have ended are ignored.
  // Throws InvalidArgument for a size, weight or symbol out of range and for a call out of turn;
  // after a bad weight or symbol the encoder refuses all further calls.
  void encode(std::span<const std::int32_t> weights, std::span<const std::int32_t> symbols,
              std::int64_t steps);

  // The same with the symbols' places in their tables: intervals [lanes, steps].
  void encode(std::span<const TableInterval> intervals, std::int64_t steps);

  // The payload, after exactly layout().steps() steps; otherwise throws InvalidArgument.
  std::vector<std::uint8_t> finish();

 private:
  // kFailed: an error left a step half coded.
  enum class Phase { kCoding, kFinished, kFailed };

  void check_phase() const;
  void check_sizes(std::size_t cells, std::int64_t steps) const;
  TableInterval interval_for(std::span<const std::int32_t> weights, std::int32_t symbol);

  // Codes `steps` steps in order; interval(index) is that of entry `index` of [lanes, steps].
  template <typename Interval>
  void encode_in_order(std::int64_t steps, const Interval& interval);

  BlockLayout layout_;
  std::int64_t vocabulary_;

  // Steps already coded. 0 <= step_ <= layout_.steps().
  std::int64_t step_ = 0;
  Phase phase_ = Phase::kCoding;

  RangeEncoder coder_;

  // Scratch for one table, [vocabulary].
  std::vector<std::uint32_t> frequencies_;
};

}  // namespace lmpack
