// The kernels of decoders, written once over a set of vectors (../engine/simd/). As in
// ../engine/kernels_of.hpp, everything here and in kernels/ has internal linkage, and what they
// call from elsewhere must be inlined.
#pragma once

#include "lmpack/decoder/kernels.hpp"
#include "lmpack/decoder/kernels/attention.hpp"
#include "lmpack/decoder/kernels/norms.hpp"
#include "lmpack/decoder/kernels/products.hpp"
#include "lmpack/decoder/kernels/rotation.hpp"
#include "lmpack/decoder/kernels/row_steps.hpp"
#include "lmpack/decoder/kernels/weights.hpp"

namespace lmpack {
namespace {

template <typename Simd>
constexpr DecoderKernels decoder_kernels_of() {
  using RowSteps = RowStepsOf<Simd>;
  using Rotation = RotationOf<Simd>;
  using Products = DecoderProductsOf<Simd>;
  return {.name = Simd::kName,
          .sum_columns = Products::sum_columns,
          .embed = Rotation::embed,
          .read_stream = RowSteps::read_stream,
          .add_to_stream = RowSteps::add_to_stream,
          .normalize = NormsOf<Simd>::normalize,
          .turn = RowSteps::turn,
          .rotate = Rotation::rotate,
          .quantize = Rotation::quantize,
          .project = Products::project,
          .attend = DecoderAttentionOf<Simd>::attend,
          .activate = RowSteps::activate,
          .logits = Products::logits,
          .weigh = WeightsOf<Simd>::weigh};
}

}  // namespace
}  // namespace lmpack
