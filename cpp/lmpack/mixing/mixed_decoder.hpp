// Decodes the bytes of a block with adaptive mixing, step by step.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/block_layout.hpp"
#include "lmpack/mixing/byte_path.hpp"
#include "lmpack/mixing/predictor.hpp"
#include "lmpack/range_decoder.hpp"

namespace lmpack {

// Not safe for two threads at once.
class MixedDecoder {
 public:
  // Throws DamagedStream if the payload starts like none.
  MixedDecoder(std::vector<std::uint8_t> payload, BlockLayout layout, DataKind kind);

  MixedDecoder(const MixedDecoder&) = delete;
  MixedDecoder& operator=(const MixedDecoder&) = delete;

  const BlockLayout& layout() const { return layout_; }

  // Decodes the next step. weights: [lanes, 256], the model's for the bytes; empty if there is no
  // model. Throws DamagedStream if the payload ends too early, InvalidArgument for a size out of
  // range and for a call out of turn.
  void decode(std::span<const std::int32_t> weights);

  // The byte that the last step gave to a lane; 0 if the lane has ended.
  std::uint8_t byte_of(std::int64_t lane) const;

  // The block. Call it after the last step: throws DamagedStream unless the encoder writes this
  // very payload for these bytes, InvalidArgument if there are steps left.
  std::vector<std::uint8_t> finish();

 private:
  std::uint8_t decode_byte(std::size_t lane, std::span<const std::int32_t> weights);
  std::size_t index_of(std::int64_t lane, std::int64_t step) const {
    return static_cast<std::size_t>(lane * layout_.steps() + step);
  }

  BlockLayout layout_;
  std::int64_t step_ = 0;  // steps already decoded
  std::vector<std::uint8_t> plain_;
  Predictor predictor_;
  RangeDecoder coder_;
};

}  // namespace lmpack
