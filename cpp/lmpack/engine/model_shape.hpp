// The shape of an exact Transformer (docs/model.md), as a bundle's manifest states it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lmpack {

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

// Every number within the bounds of docs/model.md, without which neither sums nor places in memory
// are safe: check_shape() tells.
struct ModelShape {
  std::size_t vocabulary;  // V, a multiple of 32
  std::size_t width;       // d, a multiple of 32
  std::size_t heads;
  std::size_t head_width;            // a multiple of 32
  std::size_t hidden;                // a multiple of 32
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

  // The symbol that stands before a lane.
  std::int32_t start_symbol() const { return static_cast<std::int32_t>(vocabulary); }
};

// Throws InvalidArgument for a shape that no model can have.
void check_shape(const ModelShape& shape);

}  // namespace lmpack
