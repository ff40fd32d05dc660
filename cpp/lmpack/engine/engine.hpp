// The forward pass of an exact Transformer on a CPU: the same integers as its ONNX graph.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/engine/integer_product.hpp"
#include "lmpack/engine/model.hpp"
#include "lmpack/engine/ring.hpp"

namespace lmpack {

// What is remembered of some lanes that advance together.
struct EngineState {
  EngineState(const ModelShape& shape, std::size_t lane_count);

  std::size_t lanes;
  std::uint64_t position = 0;         // symbols fed to each lane
  std::vector<std::int32_t> history;  // [lanes][shape.history()], the oldest first
  std::vector<Ring> rings;            // [layers][lanes]
};

// Immutable, so that several threads may use one engine, each with a state of its own.
class Engine {
 public:
  Engine(ModelWeights weights, ProductKernel kernel);

  const ModelShape& shape() const { return weights_.shape; }
  const ProductKernel& kernel() const { return kernel_; }

  // Feeds `steps` symbols to each lane: symbols [lanes][steps], each below the vocabulary or the
  // start symbol. Gives the weights of the symbol after each: [lanes][steps][vocabulary]. Lanes are
  // spread over `threads` threads; the result does not depend on it.
  void feed(EngineState& state, std::span<const std::int32_t> symbols, std::size_t steps,
            std::span<std::int32_t> weights, std::size_t threads) const;

 private:
  class Tile;

  void check_feed(const EngineState& state, std::span<const std::int32_t> symbols,
                  std::size_t steps, std::size_t weights) const;

  ModelWeights weights_;
  ProductKernel kernel_;
};

}  // namespace lmpack
