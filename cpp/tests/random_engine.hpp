// Engines with random integers, for tests and for counting instructions.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "lmpack/engine/engine.hpp"
#include "lmpack/engine/model.hpp"

namespace lmpack::tests {

// Tensors of a model with random integers, kept by name.
class RandomTensors {
 public:
  explicit RandomTensors(unsigned seed) : random_(seed) {}

  TensorSource source() {
    return {[this](const std::string& name, std::size_t size) {
              return filled(int8_[name], size, [this] { return pick(-64, 64); });
            },
            [this](const std::string& name, std::size_t size) {
              return filled(float32_[name], size,
                            [this] { return static_cast<float>(pick(1, 100)) * 1e-4F; });
            }};
  }

 private:
  template <typename Element, typename Make>
  static std::span<const Element> filled(std::vector<Element>& tensor, std::size_t size,
                                         const Make& make) {
    while (tensor.size() < size) tensor.push_back(static_cast<Element>(make()));
    return tensor;
  }

  // Not a distribution of the standard library: those differ between libraries.
  int pick(int low, int high) {
    return low + static_cast<int>(random_() % static_cast<unsigned>(high - low + 1));
  }

  std::mt19937 random_;
  std::map<std::string, std::vector<std::int8_t>> int8_;
  std::map<std::string, std::vector<float>> float32_;
};

inline Engine random_engine(const ModelShape& shape, const Kernels& kernels, unsigned seed = 1) {
  RandomTensors tensors(seed);
  return {load_weights(shape, tensors.source()), kernels};
}

}  // namespace lmpack::tests
