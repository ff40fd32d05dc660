#include "lmpack/engine/model.hpp"

#include <cmath>
#include <cstdlib>

#include "lmpack/engine/integer_product.hpp"
#include "lmpack/error.hpp"

namespace lmpack {
namespace {

constexpr int kWeightLimit = 64;

// Casts of values that are not finite would differ between processors.
std::span<const float> load_floats(const TensorSource& source, const std::string& name,
                                   std::size_t size) {
  const auto values = source.float32(name, size);
  for (const float value : values) {
    if (!std::isfinite(value)) throw InvalidArgument(name + " has a value that is not finite");
  }
  return values;
}

Matrix load_matrix(const TensorSource& source, const std::string& name, std::size_t inputs,
                   std::size_t outputs) {
  const auto weights = source.int8(name + ".weight", inputs * outputs);
  const auto multiplier = load_floats(source, name + ".multiplier", outputs);
  Matrix matrix{inputs, outputs, std::vector<std::int8_t>(weights.size()),
                std::vector<std::int32_t>(outputs),
                std::vector<float>(multiplier.begin(), multiplier.end())};
  for (std::size_t row = 0; row < inputs; ++row) {
    for (std::size_t column = 0; column < outputs; ++column) {
      const std::int8_t weight = weights[row * outputs + column];
      if (std::abs(weight) > kWeightLimit) {
        throw InvalidArgument(name + " has the weight " + std::to_string(weight) +
                              ", allowed are -64 to 64");
      }
      matrix.packed[packed_index(row, column, inputs)] = weight;
      matrix.column_sums[column] += weight;
    }
  }
  return matrix;
}

std::vector<float> load_bias(const TensorSource& source, const std::string& name,
                             const ModelShape& shape) {
  // The last column of the tensor is for keys that are not visible; the ring holds none.
  const std::size_t row = shape.window + 1;
  const auto bias = load_floats(source, name, shape.heads * row);
  std::vector<float> ring(shape.heads * 2 * shape.window);
  for (std::size_t head = 0; head < shape.heads; ++head) {
    for (std::size_t i = 0; i < 2 * shape.window; ++i) {
      const std::size_t distance = (2 * shape.window - i) % shape.window;
      ring[head * 2 * shape.window + i] = bias[head * row + distance];
    }
  }
  return ring;
}

}  // namespace

ModelWeights load_weights(const ModelShape& shape, const TensorSource& source) {
  ModelWeights model{shape, {}, load_floats(source, "score_scale", 1)[0], {}, {}};
  const auto embedding = source.int8("embedding", shape.embedding_rows() * shape.width);
  model.embedding.assign(embedding.begin(), embedding.end());
  for (std::size_t i = 0; i < shape.layers; ++i) {
    const std::string name = "layers." + std::to_string(i);
    model.layers.push_back({load_matrix(source, name + ".qkv", shape.width, shape.qkv()),
                            load_matrix(source, name + ".out", shape.queries(), shape.width),
                            load_matrix(source, name + ".up", shape.width, shape.hidden),
                            load_matrix(source, name + ".down", shape.hidden, shape.width),
                            load_bias(source, name + ".bias", shape)});
  }
  model.head = load_matrix(source, "head", shape.width, shape.vocabulary);
  return model;
}

}  // namespace lmpack
