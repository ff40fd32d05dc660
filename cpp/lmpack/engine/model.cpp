#include "lmpack/engine/model.hpp"

#include <cmath>
#include <cstdlib>
#include <utility>

#include "lmpack/engine/arithmetic.hpp"
#include "lmpack/error.hpp"

namespace lmpack {
namespace {

constexpr int kWeightLimit = 64;

enum class Inputs { kWithZeroPoint, kPlain };

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
                   std::size_t outputs, Inputs kind) {
  const auto weights = source.int8(name + ".weight", inputs * outputs);
  const auto multiplier = load_floats(source, name + ".multiplier", outputs);
  Matrix matrix{inputs, outputs, AlignedVector<std::int8_t>(weights.size()),
                AlignedVector<std::int32_t>(outputs),
                AlignedVector<float>(multiplier.begin(), multiplier.end())};
  const std::int32_t zero_point = kind == Inputs::kWithZeroPoint ? kZeroPoint : 0;
  for (std::size_t row = 0; row < inputs; ++row) {
    for (std::size_t column = 0; column < outputs; ++column) {
      const std::int8_t weight = weights[row * outputs + column];
      if (std::abs(weight) > kWeightLimit) {
        throw InvalidArgument(name + " has the weight " + std::to_string(weight) +
                              ", allowed are -64 to 64");
      }
      matrix.packed[packed_index(row, column, inputs)] = weight;
      matrix.compensation[column] -= zero_point * weight;
    }
  }
  return matrix;
}

AlignedVector<std::int8_t> load_table(const TensorSource& source, const std::string& name,
                                      std::size_t rows, std::size_t width) {
  const auto entries = source.int8(name, rows * width);
  return {entries.begin(), entries.end()};
}

// Fills in ring_bias.
void load_bias(const TensorSource& source, const std::string& name, std::size_t heads,
               LayerWeights& layer) {
  // The last column of the tensor is for keys that are not visible.
  const std::size_t slots = ring_slots(layer.window);
  const std::size_t row = layer.window + 1;
  const auto bias = load_floats(source, name, heads * row);
  layer.ring_bias.resize(heads * layer.bias_stride());
  for (std::size_t head = 0; head < heads; ++head) {
    for (std::size_t i = 0; i < layer.bias_stride(); ++i) {
      const std::size_t distance = (layer.bias_stride() - i) % slots;
      layer.ring_bias[head * layer.bias_stride() + i] =
          distance < layer.window ? bias[head * row + distance] : kInvisible;
    }
  }
}

}  // namespace

ModelWeights load_weights(const ModelShape& shape, const TensorSource& source) {
  check_shape(shape);
  ModelWeights model{
      shape, load_table(source, "embedding", shape.vocabulary + 1, shape.width), {}, 0, {}, {}};
  for (std::size_t i = 0; i < shape.tables.size(); ++i) {
    const ContextTable& table = shape.tables[i];
    model.tables.push_back(
        load_table(source, "tables." + std::to_string(i), table.rows, table.width));
  }
  model.score_scale = load_floats(source, "score_scale", 1)[0];
  const auto matrix = [&](const std::string& name, std::size_t inputs, std::size_t outputs,
                          Inputs kind = Inputs::kWithZeroPoint) {
    return load_matrix(source, name, inputs, outputs, kind);
  };
  for (std::size_t i = 0; i < shape.layers(); ++i) {
    const std::string name = "layers." + std::to_string(i);
    LayerWeights layer{shape.windows[i],
                       matrix(name + ".qkv", shape.width, shape.qkv()),
                       matrix(name + ".out", shape.queries(), shape.width),
                       matrix(name + ".up", shape.width, shape.hidden),
                       matrix(name + ".down", shape.hidden, shape.width, Inputs::kPlain),
                       {}};
    load_bias(source, name + ".bias", shape.heads, layer);
    model.layers.push_back(std::move(layer));
  }
  model.head = matrix("head", shape.width, shape.vocabulary);
  return model;
}

}  // namespace lmpack
