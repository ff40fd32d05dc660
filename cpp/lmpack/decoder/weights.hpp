// The integers, scales and tables of a decoder, where its bundle has them.
#pragma once

#include <cstdint>
#include <vector>

#include "lmpack/aligned.hpp"
#include "lmpack/decoder/kernels.hpp"
#include "lmpack/decoder/shape.hpp"
#include "lmpack/engine/model.hpp"

namespace lmpack {

struct DecoderLayer {
  std::size_t window;
  std::size_t rope;   // number of its pair of tables, if there are some
  float score_scale;  // what products of queries and keys are multiplied by
  DecoderMatrix qkv, out, up, down;
  DecoderNorm attention_norm, feed_forward_norm;
  DecoderNorm post_attention_norm, post_feed_forward_norm;  // with post_norms
  DecoderNorm q_norm, k_norm;                               // with qk_norm
};

// [context][head_width / 2]
struct RopeTables {
  const float* cos;
  const float* sin;
};

// Pointers are into memory that the loader's caller keeps, or into the vectors below.
struct DecoderWeights {
  DecoderShape shape;
  DecoderMatrix embedding;
  DecoderMatrix head;
  std::vector<DecoderLayer> layers;
  DecoderNorm final_norm;
  std::vector<RopeTables> ropes;
  const float* positions = nullptr;             // [context][width], if they are learned
  const float* attention_exp2 = nullptr;        // [kScoreKnots]
  const float* activation = nullptr;            // knots from -activation_range to activation_range
  AlignedVector<float> activation_differences;  // of each knot to the next
  AlignedVector<std::int32_t> exp2;             // [kLogitSteps]

  std::vector<AlignedVector<std::int32_t>> compensations;  // those of the matrices
};

// Takes the tensors of a bundle (docs/decoder_model.md, "Tensors"), whose memory must stay as it
// is while the result is used. Throws InvalidArgument for a shape that the engine cannot run and
// for tensors out of their bounds.
DecoderWeights load_weights(const DecoderShape& shape, const TensorSource& source,
                            const DecoderKernels& kernels);

}  // namespace lmpack
