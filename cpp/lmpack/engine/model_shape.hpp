// The shape of an exact Transformer (docs/model.md), as a bundle's manifest states it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace lmpack {

// A hashed embedding table of the last `order` symbols. order >= 2, rows >= 1.
struct NgramShape {
  std::size_t order;
  std::uint32_t rows;
};

struct ModelShape {
  std::size_t vocabulary;  // V, a multiple of 32
  std::size_t layers;
  std::size_t width;  // d, a multiple of 32
  std::size_t heads;
  std::size_t head_width;  // a multiple of 32
  std::size_t hidden;      // a multiple of 32
  std::size_t window;      // positions that a query sees, itself included
  bool squared_relu;
  std::vector<NgramShape> ngrams;

  std::size_t queries() const { return heads * head_width; }
  std::size_t qkv() const { return queries() + 2 * head_width; }

  // Symbols before the current one that the embedding looks at.
  std::size_t history() const {
    std::size_t longest = 1;
    for (const NgramShape& table : ngrams) {
      if (table.order > longest) longest = table.order;
    }
    return longest - 1;
  }

  // The symbol that stands before a lane.
  std::int32_t start_symbol() const { return static_cast<std::int32_t>(vocabulary); }

  std::size_t embedding_rows() const {
    std::size_t rows = vocabulary + 1;
    for (const NgramShape& table : ngrams) rows += table.rows;
    return rows;
  }
};

}  // namespace lmpack
