// Encodes the bytes of a block with adaptive mixing, all lanes into one stream.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/block_layout.hpp"
#include "lmpack/mixing/byte_path.hpp"
#include "lmpack/mixing/predictor.hpp"
#include "lmpack/range_encoder.hpp"

namespace lmpack {

// Not safe for two threads at once.
class MixedEncoder {
 public:
  // plain must outlive the encoder. Throws InvalidArgument unless it has layout.length() bytes.
  MixedEncoder(std::span<const std::uint8_t> plain, BlockLayout layout, DataKind kind);

  const BlockLayout& layout() const { return layout_; }

  // Codes the next `steps` steps. paths: [lanes, steps], what the model says of each byte; empty if
  // there is no model. Throws InvalidArgument for a size out of range.
  void encode(std::span<const BytePath> paths, std::int64_t steps);

  // The payload, after exactly layout().steps() steps; otherwise throws InvalidArgument.
  std::vector<std::uint8_t> finish();

 private:
  void encode_byte(std::size_t lane, std::size_t index, const BytePath& path);

  std::span<const std::uint8_t> plain_;
  BlockLayout layout_;
  std::int64_t step_ = 0;  // steps already coded
  Predictor predictor_;
  RangeEncoder coder_;
};

}  // namespace lmpack
