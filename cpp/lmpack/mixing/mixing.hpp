// How a block is mixed.
#pragma once

#include <cstdint>

#include "lmpack/mixing/predictor_parts.hpp"

namespace lmpack {

struct Mixing {
  static constexpr std::uint32_t kLargestStride = 65535;

  std::uint32_t stride = 0;  // the distance at which bytes resemble one another; 0: unknown
  Predictor predictor = Predictor::kLight;
};

}  // namespace lmpack
