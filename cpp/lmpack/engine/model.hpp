// The integers and scales of a model, packed for the engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "lmpack/engine/model_shape.hpp"

namespace lmpack {

// An int8 matrix [inputs][outputs] with the float32 factor of each output.
struct Matrix {
  std::size_t inputs = 0;
  std::size_t outputs = 0;
  std::vector<std::int8_t> packed;
  std::vector<std::int32_t> column_sums;  // sum of each column, for a zero point of the input
  std::vector<float> multiplier;
};

struct LayerWeights {
  Matrix qkv, out, up, down;
  // Score biases by head, in the order in which the slots of the ring are met: entry i of a head
  // is the bias at distance -i modulo the window, for i from 0 to twice the window.
  std::vector<float> ring_bias;
};

struct ModelWeights {
  ModelShape shape;
  std::vector<std::int8_t> embedding;  // [rows][width]
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

// Packs the tensors of a bundle (names: docs/model.md).
ModelWeights load_weights(const ModelShape& shape, const TensorSource& source);

}  // namespace lmpack
