// The steps of the forward pass of a decoder (docs/decoder_model.md), once for each kind of
// processor. All kinds give the same numbers: integers are exact, and each float operation is
// rounded once. Channels are multiples of 32 wherever they are counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lmpack/decoder/matrix.hpp"
#include "lmpack/engine/kernels.hpp"

namespace lmpack {

// How channels are normalised: `rms` or `layer`.
struct DecoderNorm {
  bool layer = false;
  float epsilon = 0;
  const float* gain = nullptr;
  const float* bias = nullptr;  // with `layer`
};

// Rows of the left operand of a product, each with its scale.
struct ScaledRows {
  Rows rows;
  const float* scales;
};

// Attention of one position over the slots of a ring, for the query heads that share its keys.
struct DecoderAttention {
  std::size_t heads;  // at most kMostAttendedHeads
  std::size_t head_width;
  const std::uint8_t* queries;       // [heads][head_width], with zero point
  const float* query_scales;         // [heads], each times the scale of the scores
  const std::int8_t* keys;           // packed [head_width][slots]
  const std::int8_t* values;         // packed [slots][head_width]
  const std::int32_t* compensation;  // [slots]: what takes the zero point of the queries out
  const float* key_scales;           // [slots]
  const float* value_scales;         // [slots]
  std::size_t slots;                 // a multiple of 16
  std::size_t visible;               // the first slots, 1 to `slots`, that hold something
  const float* exp2;                 // the table `attention_exp2`
  float* scores;                     // working memory [heads][slots]
  float* ratios;                     // working memory [slots]: value scales over the largest
  std::uint8_t* planes;              // working memory [heads][2][slots]: high and low bytes
  float* means;                      // out: [heads][head_width]
};

// Heads that attention takes at a time, at most.
inline constexpr std::size_t kMostAttendedHeads = 8;

struct DecoderKernels {
  std::string_view name;

  // compensation[outputs] = -128 * the sum of each column; whether all weights are within +-64.
  bool (*sum_columns)(const std::int8_t* weights, std::size_t inputs, std::size_t outputs,
                      std::int32_t* compensation);

  // The residual stream [width] of a symbol; positions: [width], or none.
  void (*embed)(const DecoderMatrix& embedding, std::size_t symbol, const float* positions,
                std::int32_t* residual);

  // values = residual * unit.
  void (*read_stream)(const std::int32_t* residual, std::size_t width, float unit, float* values);

  // residual += update * steps, rounded and clipped.
  void (*add_to_stream)(const float* update, std::size_t width, float steps,
                        std::int32_t* residual);

  // In place; scratch: [channels].
  void (*normalize)(const DecoderNorm& norm, std::size_t channels, std::int32_t* scratch,
                    float* values);

  // Turns the pairs of channels (i, i + head_width / 2) of a head, in place; cos and sin:
  // [head_width / 2].
  void (*turn)(const float* cos, const float* sin, std::size_t head_width, float* head);

  // rotate(): bytes[channels] are the integers plus zero_point; gives the scale. scratch:
  // [channels].
  float (*rotate)(const float* values, std::size_t channels, float limit, std::int32_t zero_point,
                  std::int32_t* scratch, std::uint8_t* bytes);

  // What plain_linear() does before its product; bytes with zero point, gives the scale.
  float (*quantize)(const float* values, std::size_t channels, std::uint8_t* bytes);

  // project(): row r goes to out + r * stride.
  void (*project)(const ScaledRows& left, const DecoderMatrix& matrix, float* out,
                  std::size_t stride);

  void (*attend)(const DecoderAttention& operands);

  // values = activate(values) [* factors], in place; table: knots from -range to range, and the
  // difference of each to the next; factors: [channels], or none.
  void (*activate)(const float* knots, const float* differences, float range, const float* factors,
                   std::size_t channels, float* values);

  // Logits: row r goes to out + r * stride.
  void (*logits)(const ScaledRows& left, const DecoderMatrix& head, std::int16_t* out,
                 std::size_t stride);

  // The weights of the tokens by their logits; both have room for whole vectors of 16.
  void (*weigh)(const std::int16_t* logits, std::size_t vocabulary, const std::int32_t* exp2,
                std::int32_t* weights);
};

// The kernels of decoders for the same processors; the argument is one of available_kernels().
const DecoderKernels& decoder_kernels(const Kernels& kernels);

}  // namespace lmpack
