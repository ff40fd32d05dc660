#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "lmpack/engine/arithmetic.hpp"
#include "lmpack/engine/kernels.hpp"
#include "lmpack/engine/peak.hpp"
#include "random_operands.hpp"

using namespace lmpack;
using tests::Operands;
using tests::random_operands;

TEST_CASE("every set of kernels gives the sums of a plain loop") {
  std::mt19937 random(3);
  for (const Kernels* kernels : available_kernels()) {
    CAPTURE(kernels->name);
    for (const std::size_t rows : {1U, 2U, 3U, 4U, 7U, 8U, 13U, 16U, 31U}) {
      for (const std::size_t outputs : {16U, 32U, 48U, 112U, 320U}) {
        const std::size_t inputs = 4 * (1 + random() % 20);
        const bool extreme = random() % 2 == 0;
        const Operands o = random_operands(random, rows, inputs, outputs, extreme);
        std::vector<std::int32_t> out(rows * outputs);
        kernels->gemm({o.left.data(), rows, inputs}, o.matrix, out.data());
        for (std::size_t row = 0; row < rows; ++row) {
          for (std::size_t column = 0; column < outputs; ++column) {
            std::int32_t sum = o.matrix.compensation[column];
            for (std::size_t k = 0; k < inputs; ++k) {
              sum += o.left[row * inputs + k] * o.right[k * outputs + column];
            }
            CHECK(out[row * outputs + column] == sum);
          }
        }
      }
    }
  }
}

TEST_CASE("halves are rounded to even, and values beyond 2**22 to the nearest") {
  // An output of `project_residual` is its product times the multiplier, which is chosen to give
  // these values.
  for (const Kernels* kernels : available_kernels()) {
    CAPTURE(kernels->name);
    for (const float value : {0.5F, 1.5F, 2.5F, -0.5F, -1.5F, 0.49999997F, 254.5F, 32765.5F}) {
      Matrix matrix{4, 16, AlignedVector<std::int8_t>(64), AlignedVector<std::int32_t>(16, 1),
                    AlignedVector<float>(16, value)};
      const std::uint8_t left[4] = {};
      std::vector<std::int32_t> residual(16);
      kernels->project_residual({left, 1, 4}, matrix, residual.data());
      for (const std::int32_t result : residual) {
        CHECK(result == static_cast<std::int32_t>(std::nearbyint(value)));
      }
    }
    // The largest of all logits becomes 2**23, whatever it is.
    Matrix head{4, 32, AlignedVector<std::int8_t>(128), AlignedVector<std::int32_t>(32, 5),
                AlignedVector<float>(32, 0.25F)};
    const std::uint8_t left[4] = {};
    std::vector<float> logits(32);
    std::vector<std::int32_t> odds(32);
    kernels->head({left, 1, 4}, head, logits.data(), odds.data());
    float power = kOutputBase;
    for (int i = 0; i < kOutputSquarings; ++i) power = power * power;
    for (const std::int32_t value : odds) CHECK(value == std::nearbyint(power));
  }
}

TEST_CASE("the residual stays within its limits") {
  for (const Kernels* kernels : available_kernels()) {
    for (const float value : {1e9F, -1e9F}) {
      Matrix matrix{4, 16, AlignedVector<std::int8_t>(64), AlignedVector<std::int32_t>(16, 1),
                    AlignedVector<float>(16, value)};
      const std::uint8_t left[4] = {};
      std::vector<std::int32_t> residual(16, value > 0 ? 30000 : -30000);
      kernels->project_residual({left, 1, 4}, matrix, residual.data());
      CHECK(residual[7] == (value > 0 ? kResidualLimit : -kResidualLimit));
    }
  }
}

TEST_CASE("the measure of the processor is a number above 0") {
  for (const Kernels* kernels : available_kernels()) {
    CHECK(peak_products_per_second(*kernels, 1e-3) > 1e6);
  }
}
