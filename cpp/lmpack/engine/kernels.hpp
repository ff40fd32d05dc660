// The steps of the forward pass (docs/model.md), once for each kind of processor. All kinds give
// the same integers: integer products are exact, and each float operation is rounded once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "lmpack/engine/matrix.hpp"
#include "lmpack/engine/packing.hpp"

namespace lmpack {

// Rows of the left operand of a product: activations of 8 bits.
struct Rows {
  const std::uint8_t* at;
  std::size_t count;
  std::size_t stride;  // elements from one row to the next
};

// A row of an embedding table and where it is added.
struct TableRow {
  const std::int8_t* entries;
  std::size_t channel;  // the first one, a multiple of 32
  std::size_t width;    // a multiple of 32
};

// Rows of a product whose sums are kept in registers together, at most.
inline constexpr std::size_t kMostTileRows = 16;

// Attention of positions that follow each other in one lane, all heads, over the slots of a ring.
struct AttentionOperands {
  std::size_t positions;  // 1 to kMostAttending
  std::size_t heads;
  std::size_t head_width;
  const std::uint8_t* queries;       // [positions][heads][head_width], with zero point
  const std::int8_t* keys;           // packed [head_width][slots]
  const std::int8_t* values;         // packed [slots][head_width]
  const std::int32_t* compensation;  // [slots]: what takes the zero point of the queries out
  std::size_t slots;                 // a multiple of 16
  std::size_t visible;               // the first slots, 1 to `slots`, that hold something
  const float* bias;        // of the first position's first head and slot; far below the others
                            // for a slot that a position does not see
  std::size_t bias_stride;  // elements from one head to the next; the next position is one before
  float score_scale;
  std::int32_t* scores;     // working memory [kMostTileRows][slots], floats in the end
  std::uint8_t* attention;  // working memory [kMostTileRows][slots]: the share of each slot
  std::uint16_t* live;      // working memory, live_groups_room(slots)
  std::uint8_t* means;      // out: [positions][heads][head_width], with zero point
};

struct Kernels {
  std::string_view name;

  // out[row][column] = matrix.compensation[column] + the product. For tests and tools.
  void (*gemm)(Rows rows, const Matrix& matrix, std::int32_t* out);

  // residual[width] = kEmbeddingStep * the sum of `count` table rows, the first of which has all
  // channels.
  void (*embed)(const TableRow* rows, std::size_t count, std::int32_t* residual);

  // RMS normalisation of residual[rows][width] to activations with zero point.
  void (*normalize)(const std::int32_t* residual, std::size_t rows, std::size_t width,
                    std::uint8_t* activations);

  // The first `width` columns are queries[rows][width], with zero point; then come keys and values,
  // [rows][outputs - width].
  void (*qkv)(Rows rows, const Matrix& matrix, std::size_t width, std::uint8_t* queries,
              std::uint8_t* keys_values);

  void (*attend)(const AttentionOperands& operands);

  // residual[rows][outputs] += round(product * multiplier), clipped to 16 bits.
  void (*project_residual)(Rows rows, const Matrix& matrix, std::int32_t* residual);

  // The hidden layer [rows][outputs], 0 to 255; squared ReLU or ReLU.
  void (*feed_forward_up)(Rows rows, const Matrix& matrix, bool squared, std::uint8_t* hidden);

  // The same for hidden layers, most of which is 0. live: working memory
  // [rows][live_groups_room(inputs)].
  void (*feed_forward_down)(Rows rows, const Matrix& matrix, std::uint16_t* live,
                            std::int32_t* residual);

  // The language model's head: odds[rows][outputs]; `logits` is working memory of that size.
  void (*head)(Rows rows, const Matrix& matrix, float* logits, std::int32_t* odds);

  // Does `rounds` times `products_per_round` products of 8-bit integers, all operands in registers
  // or the nearest cache, as a measure of what the processor can do; returns something that depends
  // on them.
  std::int32_t (*peak_loop)(std::size_t rounds);
  std::size_t products_per_round;
};

// The kernels that this processor can run, the fastest first; the last one is "portable". Asks the
// operating system for its permission where one of them needs that. Linux's, for the tiles of AMX,
// makes it refuse small stacks of signals from then on.
const std::vector<const Kernels*>& available_kernels();

// Those of this name, nullptr if there are none. Asks only if those that need no permission have
// other names.
const Kernels* find_kernels(std::string_view name);

}  // namespace lmpack
