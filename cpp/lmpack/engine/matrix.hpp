// A matrix of a model, packed as the right operand of an integer product.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lmpack/aligned.hpp"
#include "lmpack/engine/packing.hpp"

namespace lmpack {

// int8 [inputs][outputs] within +-64, with the float32 factor of each output. inputs is a multiple
// of 4, outputs of 16.
struct Matrix {
  std::size_t inputs = 0;
  std::size_t outputs = 0;
  AlignedVector<std::int8_t> packed;
  // What the sum of each column starts with: it takes the zero point of the inputs out, or is 0.
  AlignedVector<std::int32_t> compensation;
  AlignedVector<float> multiplier;
};

}  // namespace lmpack
