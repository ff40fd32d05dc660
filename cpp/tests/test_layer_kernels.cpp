#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include "lmpack/engine/arithmetic.hpp"
#include "lmpack/engine/kernels.hpp"
#include "random_operands.hpp"

namespace {

using namespace lmpack;

// residual += round(product * multiplier), as docs/model.md has it.
std::vector<std::int32_t> projected(const tests::Operands& o, std::size_t rows,
                                    std::vector<std::int32_t> residual) {
  const auto [inputs, outputs] = std::pair(o.matrix.inputs, o.matrix.outputs);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < outputs; ++column) {
      std::int32_t sum = o.matrix.compensation[column];
      for (std::size_t k = 0; k < inputs; ++k) {
        sum += o.left[row * inputs + k] * o.right[k * outputs + column];
      }
      const float update = static_cast<float>(sum) * o.matrix.multiplier[column];
      std::int32_t& to = residual[row * outputs + column];
      to = std::clamp(to + static_cast<std::int32_t>(std::nearbyint(update)), -kResidualLimit,
                      kResidualLimit);
    }
  }
  return residual;
}

std::uint8_t normalized(std::int32_t value, std::int64_t squares, std::size_t width) {
  const double mean = static_cast<double>(squares) / static_cast<double>(width);
  const auto factor = static_cast<float>(kActivationUnit / std::sqrt(mean + 1.0));
  const float scaled = static_cast<float>(value) * factor;
  const float clipped = std::clamp(scaled, -kActivationLimit, kActivationLimit);
  return static_cast<std::uint8_t>(static_cast<std::int32_t>(std::nearbyint(clipped)) + kZeroPoint);
}

}  // namespace

TEST_CASE("hidden units that are 0 change nothing, wherever they are") {
  std::mt19937 random(5);
  const auto dead = [](std::size_t, std::size_t) { return 0; };
  const auto alive = [](std::size_t, std::size_t) { return 255; };
  const auto few = [&](std::size_t, std::size_t) {
    return random() % 20 == 0 ? static_cast<int>(random() % 255) + 1 : 0;
  };
  // Another unit in each row: groups that are 0 in one row are not in the next.
  const auto one = [](std::size_t row, std::size_t unit) { return unit % 40 == row ? 255 : 0; };
  const auto last = [](std::size_t, std::size_t unit) { return unit >= 63 && unit < 65 ? 1 : 0; };
  const std::vector<std::function<int(std::size_t, std::size_t)>> layers{dead, alive, few, one,
                                                                         last};
  for (const Kernels* kernels : available_kernels()) {
    CAPTURE(kernels->name);
    for (const std::size_t rows : {1U, 2U, 3U, 5U, 8U, 15U, 16U, 17U, 33U, 64U}) {
      for (const std::size_t inputs : {4U, 32U, 64U, 68U, 96U, 512U}) {
        for (const auto& unit : layers) {
          const std::size_t outputs = 16 * (1 + random() % 12);
          auto o = tests::random_operands(random, rows, inputs, outputs, random() % 4 == 0);
          for (std::size_t i = 0; i < o.left.size(); ++i) {
            o.left[i] = static_cast<std::uint8_t>(unit(i / inputs, i % inputs));
          }
          std::vector<std::int32_t> residual(rows * outputs);
          for (auto& value : residual) value = static_cast<std::int32_t>(random() % 65535) - 32767;
          const auto expected = projected(o, rows, residual);
          std::vector<std::uint16_t> live(rows * live_groups_room(inputs));
          kernels->feed_forward_down({o.left.data(), rows, inputs}, o.matrix, live.data(),
                                     residual.data());
          CHECK(residual == expected);
        }
      }
    }
  }
}

TEST_CASE("squares of residuals are summed without rounding") {
  std::mt19937 random(6);
  for (const Kernels* kernels : available_kernels()) {
    CAPTURE(kernels->name);
    for (const std::size_t width : {32U, 64U, 96U, 192U, 1024U, 65536U}) {
      for (const int kind : {0, 1, 2, 3}) {
        const std::size_t rows = width == 65536 ? 2 : 1 + random() % 20;
        std::vector<std::int32_t> residual(rows * width);
        for (auto& value : residual) {
          const std::int32_t sign = random() % 2 == 0 ? 1 : -1;
          const std::int32_t sizes[] = {static_cast<std::int32_t>(random() % 32768), 32767, 0,
                                        random() % width == 0 ? 32767 : 0};
          value = sign * sizes[kind];
        }
        std::vector<std::uint8_t> activations(rows * width);
        kernels->normalize(residual.data(), rows, width, activations.data());
        std::size_t wrong = 0;
        for (std::size_t row = 0; row < rows; ++row) {
          const std::int32_t* values = residual.data() + row * width;
          std::int64_t squares = 0;
          for (std::size_t i = 0; i < width; ++i) squares += std::int64_t{values[i]} * values[i];
          for (std::size_t i = 0; i < width; ++i) {
            wrong += activations[row * width + i] != normalized(values[i], squares, width) ? 1 : 0;
          }
        }
        CHECK(wrong == 0);
      }
    }
  }
}

TEST_CASE("the hidden layer is what its definition says at every limit") {
  for (const Kernels* kernels : available_kernels()) {
    CAPTURE(kernels->name);
    // Sums of 0 to 20,000 and below 0, in steps of a thousandth.
    for (std::int32_t sum = -2000; sum < 260'000; sum += sum < 17'000 ? 1 : 250) {
      const Matrix up{4, 16, AlignedVector<std::int8_t>(64), AlignedVector<std::int32_t>(16, sum),
                      AlignedVector<float>(16, 1e-3F)};
      const std::uint8_t left[4] = {};
      std::uint8_t squared[16], plain[16];
      kernels->feed_forward_up({left, 1, 4}, up, true, squared);
      kernels->feed_forward_up({left, 1, 4}, up, false, plain);
      const float value = static_cast<float>(sum) * 1e-3F;
      const float root = std::clamp(value, 0.0F, 16.0F);
      REQUIRE(squared[5] == std::min(std::nearbyint(root * root), 255.0F));
      REQUIRE(plain[5] == std::clamp(std::nearbyint(value), 0.0F, 255.0F));
    }
  }
}
