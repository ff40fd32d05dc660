// The shape of a pretrained decoder (docs/decoder_model.md), as a bundle's manifest states it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lmpack {

struct DecoderShape {
  std::size_t vocabulary;            // V
  std::size_t width;                 // d
  std::size_t heads;                 // H
  std::size_t kv_heads;              // K
  std::size_t head_width;            // h
  std::size_t hidden;                // F
  std::size_t context;               // N
  std::vector<std::size_t> windows;  // by layer
  std::vector<std::size_t> ropes;    // by layer: the pair of tables; empty if positions are learned
  int residual_bits;                 // b
  bool layer_norm;                   // and not `rms`
  bool post_norms;
  bool qk_norm;
  bool gated;
  std::size_t activation_range;  // R
  bool qkv_bias;
  bool out_bias;
  bool feed_forward_bias;
  bool tied;

  std::size_t layers() const { return windows.size(); }
  std::size_t queries() const { return heads * head_width; }
  std::size_t kv() const { return kv_heads * head_width; }
  std::size_t qkv() const { return queries() + 2 * kv(); }
  std::size_t up() const { return gated ? 2 * hidden : hidden; }
  std::size_t rope_tables() const { return ropes.empty() ? 0 : std::ranges::max(ropes) + 1; }

  // The symbol that stands before a segment.
  std::int32_t start_symbol() const { return static_cast<std::int32_t>(vocabulary); }
};

// Throws InvalidArgument unless the engine can run such a model: kernels and passes rely on sizes
// within these bounds, and nobody else has to check them.
void check_shape(const DecoderShape& shape);

}  // namespace lmpack
