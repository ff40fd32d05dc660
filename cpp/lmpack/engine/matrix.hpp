// A matrix of a model, packed as the right operand of an integer product.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lmpack/engine/aligned.hpp"
#include "lmpack/engine/packing.hpp"

namespace lmpack {

// int8 [inputs][outputs] within +-64, with the float32 factor of each output. inputs is a multiple
// of 4, outputs of 16.
struct Matrix {
  std::size_t inputs = 0;
  std::size_t outputs = 0;
  AlignedVector<std::int8_t> packed;
  // Where the sum of each column starts: what takes the zero point of the inputs out, or 0.
  AlignedVector<std::int32_t> starts;
  AlignedVector<float> multiplier;
};

}  // namespace lmpack
