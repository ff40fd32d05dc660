// Operands of products for the tests of kernels.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "lmpack/engine/matrix.hpp"

namespace lmpack::tests {

struct Operands {
  std::vector<std::uint8_t> left;
  std::vector<std::int8_t> right;  // [inputs][outputs]
  Matrix matrix;
};

inline Operands random_operands(std::mt19937& random, std::size_t rows, std::size_t inputs,
                                std::size_t outputs, bool extreme) {
  Operands operands{std::vector<std::uint8_t>(rows * inputs),
                    std::vector<std::int8_t>(inputs * outputs),
                    {inputs, outputs, AlignedVector<std::int8_t>(inputs * outputs),
                     AlignedVector<std::int32_t>(outputs), AlignedVector<float>(outputs, 1e-3F)}};
  for (auto& value : operands.left) value = extreme ? 255 : static_cast<std::uint8_t>(random());
  for (auto& value : operands.matrix.compensation)
    value = static_cast<std::int32_t>(random() % 1000);
  for (std::size_t i = 0; i < operands.right.size(); ++i) {
    const int value = extreme ? -64 : static_cast<int>(random() % 129) - 64;
    operands.right[i] = static_cast<std::int8_t>(value);
    operands.matrix.packed[packed_index(i / outputs, i % outputs, inputs)] = operands.right[i];
  }
  return operands;
}

}  // namespace lmpack::tests
