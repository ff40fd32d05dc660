// A matrix of a decoder: the right operand of a product, where it lies in the bundle.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lmpack/engine/packing.hpp"

namespace lmpack {

// int8 [inputs][outputs] within +-64, packed; inputs is a multiple of 4, outputs of 32. The memory
// belongs to others.
struct DecoderMatrix {
  std::size_t inputs = 0;
  std::size_t outputs = 0;
  const std::int8_t* weights = nullptr;
  const std::int32_t* compensation = nullptr;  // takes the zero point of the inputs out
  const float* multiplier = nullptr;
  const float* bias = nullptr;  // or none

  // Some of its columns; first and count are multiples of 16.
  DecoderMatrix columns(std::size_t first, std::size_t count) const {
    return {inputs,
            count,
            weights + packed_index(0, first, inputs),
            compensation + first,
            multiplier + first,
            bias == nullptr ? nullptr : bias + first};
  }
};

}  // namespace lmpack
