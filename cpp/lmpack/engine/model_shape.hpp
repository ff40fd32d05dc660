// The shape of an exact Transformer (docs/model.md), as a bundle's manifest states it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lmpack {

// The bounds of a model. They keep all sums of products within 32 bits, those of attention exact in
// float32, and all sizes far from an overflow.
inline constexpr std::size_t kAlignment = 32;
inline constexpr std::size_t kLargestSize = 65536;  // vocabulary, channels, inputs of a matrix
inline constexpr std::size_t kLargestHeadWidth = 2048;
inline constexpr std::size_t kLargestWindow = 1024;
inline constexpr std::size_t kMostTableRows = std::size_t{1} << 24;

// A hashed embedding table of what a lane ends in.
struct ContextTable {
  std::size_t order;  // how many symbols are hashed, 2 to kMaximumOrder, or kWord
  std::uint32_t rows;
  std::size_t channel;  // the first channel that its rows are added to, a multiple of 32
  std::size_t width;    // of a row, a multiple of 32

  static constexpr std::size_t kWord = 0;        // the context is the word that is being written
  static constexpr std::size_t kWordReach = 16;  // of which so many symbols are looked at
  static constexpr std::size_t kMaximumOrder = 32;

  // How many symbols the context depends on.
  std::size_t reach() const { return order == kWord ? kWordReach : order; }
};

struct ModelShape {
  std::size_t vocabulary;  // V, a multiple of kAlignment, as are the sizes below
  std::size_t width;       // d
  std::size_t heads;
  std::size_t head_width;
  std::size_t hidden;
  std::vector<std::size_t> windows;  // by layer: positions that a query sees, itself included
  bool squared_relu;
  std::vector<ContextTable> tables;

  std::size_t layers() const { return windows.size(); }
  std::size_t queries() const { return heads * head_width; }
  std::size_t qkv() const { return queries() + 2 * head_width; }
  std::size_t longest_window() const { return std::ranges::max(windows); }

  // Symbols before the current one that the embedding looks at.
  std::size_t history() const {
    std::size_t longest = 1;
    for (const ContextTable& table : tables) longest = std::max(longest, table.reach());
    return longest - 1;
  }

  // Symbols before the current one that its prediction depends on through attention: each layer
  // sees the window before it, and what it sees of the layer below has seen the window before that.
  std::size_t warm_up() const {
    std::size_t symbols = 0;
    for (const std::size_t window : windows) symbols += window - 1;
    return symbols;
  }

  // Weights of all matrices, each of which a pass reads.
  std::size_t matrix_weights() const {
    const std::size_t layer = width * qkv() + queries() * width + 2 * width * hidden;
    return layers() * layer + width * vocabulary;
  }

  // The symbol that stands before a lane.
  std::int32_t start_symbol() const { return static_cast<std::int32_t>(vocabulary); }
};

// Throws InvalidArgument unless the engine can run such a model: kernels and passes rely on sizes
// within these bounds, and nobody else has to check them.
void check_shape(const ModelShape& shape);

}  // namespace lmpack
