#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "lmpack/engine/elementwise.hpp"
#include "lmpack/engine/engine.hpp"
#include "lmpack/engine/integer_product.hpp"
#include "lmpack/error.hpp"

namespace {

using namespace lmpack;

// Tensors of a model with random integers, kept by name.
class RandomTensors {
 public:
  explicit RandomTensors(unsigned seed) : random_(seed) {}

  TensorSource source() {
    return {[this](const std::string& name, std::size_t size) { return int8(name, size); },
            [this](const std::string& name, std::size_t size) { return float32(name, size); }};
  }

 private:
  std::span<const std::int8_t> int8(const std::string& name, std::size_t size) {
    std::vector<std::int8_t>& tensor = int8_[name];
    while (tensor.size() < size) tensor.push_back(static_cast<std::int8_t>(pick(-64, 64)));
    return tensor;
  }

  std::span<const float> float32(const std::string& name, std::size_t size) {
    std::vector<float>& tensor = float32_[name];
    while (tensor.size() < size) tensor.push_back(static_cast<float>(pick(1, 100)) * 1e-4F);
    return tensor;
  }

  int pick(int low, int high) { return std::uniform_int_distribution(low, high)(random_); }

  std::mt19937 random_;
  std::map<std::string, std::vector<std::int8_t>> int8_;
  std::map<std::string, std::vector<float>> float32_;
};

std::vector<std::int32_t> weights_of(const ProductKernel& kernel, std::size_t piece,
                                     std::size_t threads) {
  const ModelShape shape{64, 2, 32, 2, 32, 96, 21, true, {{2, 50}, {3, 70}}};
  RandomTensors tensors(1);
  const Engine engine(load_weights(shape, tensors.source()), kernel);
  constexpr std::size_t kLanes = 5;
  constexpr std::size_t kSteps = 70;
  EngineState state(shape, kLanes);
  std::vector<std::int32_t> all(kLanes * kSteps * shape.vocabulary);
  for (std::size_t step = 0; step < kSteps; step += piece) {
    const std::size_t steps = std::min(piece, kSteps - step);
    std::vector<std::int32_t> symbols(kLanes * steps);
    std::vector<std::int32_t> weights(kLanes * steps * shape.vocabulary);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      for (std::size_t i = 0; i < steps; ++i) {
        symbols[lane * steps + i] = static_cast<std::int32_t>((lane + 1) * (step + i) * 7 % 64);
      }
    }
    engine.feed(state, symbols, steps, weights, threads);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const auto* from = weights.data() + lane * steps * shape.vocabulary;
      std::copy(from, from + steps * shape.vocabulary,
                all.data() + (lane * kSteps + step) * shape.vocabulary);
    }
  }
  return all;
}

}  // namespace

TEST_CASE("every kernel gives the sums of a plain loop") {
  std::mt19937 random(3);
  for (const ProductKernel& kernel : available_kernels()) {
    for (const std::size_t rows : {1, 2, 4, 7, 8, 13, 16}) {
      for (const std::size_t columns : {16, 32, 48, 112}) {
        const std::size_t inner = 4 * (1 + random() % 20);
        const std::size_t capacity = inner + 4 * (random() % 3);
        std::vector<std::uint8_t> left(rows * inner);
        std::vector<std::int8_t> right(capacity * columns);
        const bool extreme = random() % 2 == 0;
        for (auto& value : left) value = extreme ? 255 : static_cast<std::uint8_t>(random());
        for (auto& value : right) {
          value = static_cast<std::int8_t>(extreme ? -64 : static_cast<int>(random() % 129) - 64);
        }
        std::vector<std::int32_t> out(rows * columns);
        kernel.multiply({left.data(), inner, rows, right.data(), capacity, inner, columns,
                         out.data(), columns});
        for (std::size_t row = 0; row < rows; ++row) {
          for (std::size_t column = 0; column < columns; ++column) {
            std::int32_t sum = 0;
            for (std::size_t k = 0; k < inner; ++k) {
              sum += left[row * inner + k] * right[packed_index(k, column, capacity)];
            }
            CHECK(out[row * columns + column] == sum);
          }
        }
      }
    }
  }
}

TEST_CASE("round_to_even rounds as nearbyint does") {
  for (const float value : {0.5F, 1.5F, 2.5F, -0.5F, -1.5F, 0.49999997F, 254.5F, 65533.5F}) {
    CHECK(round_to_even(value) == std::nearbyint(value));
  }
}

TEST_CASE("kernels, pieces and threads make no difference") {
  const auto expected = weights_of(available_kernels().back(), 70, 1);
  CHECK(std::ranges::max(expected) > std::ranges::min(expected));
  for (const ProductKernel& kernel : available_kernels()) {
    for (const std::size_t piece : {1, 13, 64, 70}) {
      for (const std::size_t threads : {1, 2, 3}) {
        CHECK(weights_of(kernel, piece, threads) == expected);
      }
    }
  }
}

TEST_CASE("a wrong number of symbols is refused") {
  const ModelShape shape{32, 1, 32, 1, 32, 32, 4, false, {}};
  RandomTensors tensors(2);
  const Engine engine(load_weights(shape, tensors.source()), available_kernels().front());
  EngineState state(shape, 2);
  std::vector<std::int32_t> symbols(3);
  std::vector<std::int32_t> weights(64);
  CHECK_THROWS_AS(engine.feed(state, symbols, 1, weights, 1), InvalidArgument);
  symbols = {33, 0};
  CHECK_THROWS_AS(engine.feed(state, symbols, 1, weights, 1), InvalidArgument);
}
