// The kernels, written once over a set of vectors (simd/). Included by one file for each set, which
// is compiled for its processors: everything here and in kernels/ has internal linkage. What they
// call of the standard library and of packing.hpp must be inlined, as a linker could pick its code
// for other processors: `scripts/cpp instructions` looks for what is left.
#pragma once

#include "lmpack/engine/kernels.hpp"
#include "lmpack/engine/kernels/attention.hpp"
#include "lmpack/engine/kernels/layer_steps.hpp"
#include "lmpack/engine/kernels/peak_loop.hpp"

namespace lmpack {
namespace {

template <typename Simd>
constexpr Kernels kernels_of() {
  using Steps = LayerStepsOf<Simd>;
  return {.name = Simd::kName,
          .gemm = Steps::gemm,
          .embed = Steps::embed,
          .normalize = Steps::normalize,
          .qkv = Steps::qkv,
          .attend = AttentionOf<Simd>::attend,
          .project_residual = Steps::project_residual,
          .feed_forward_up = Steps::feed_forward_up,
          .feed_forward_down = Steps::feed_forward_down,
          .head = Steps::head,
          .peak_loop = PeakLoopOf<Simd>::run,
          .products_per_round = PeakLoopOf<Simd>::kProductsPerRound};
}

}  // namespace
}  // namespace lmpack
