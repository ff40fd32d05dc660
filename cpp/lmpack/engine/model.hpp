// The integers and scales of a model, packed for the engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "lmpack/engine/matrix.hpp"
#include "lmpack/engine/model_shape.hpp"

namespace lmpack {

struct LayerWeights {
  std::size_t window;
  Matrix qkv, out, up, down;
  // Score biases by head, in the order in which the slots of the ring are met: entry i of a head
  // is the bias at distance -i modulo the slots, for i from 0 to twice the slots; kInvisible from
  // the window on.
  AlignedVector<float> ring_bias;

  // Entries of ring_bias from one head to the next.
  std::size_t bias_stride() const { return 2 * ring_slots(window); }
};

struct ModelWeights {
  ModelShape shape;
  AlignedVector<std::int8_t> embedding;            // [V + 1][width]
  std::vector<AlignedVector<std::int8_t>> tables;  // each [rows][width of the table]
  float score_scale = 0;
  std::vector<LayerWeights> layers;
  Matrix head;
};

// Looks up a tensor of a bundle by its name; throws InvalidArgument if it is not there or has not
// `size` elements.
struct TensorSource {
  std::function<std::span<const std::int8_t>(const std::string& name, std::size_t size)> int8;
  std::function<std::span<const float>(const std::string& name, std::size_t size)> float32;
};

// Packs the tensors of a bundle (names: docs/model.md). Throws InvalidArgument for a shape that the
// engine cannot run, a weight out of range and a factor that is not finite.
ModelWeights load_weights(const ModelShape& shape, const TensorSource& source);

}  // namespace lmpack
