// Bytes as symbols of a model.
#pragma once

#include <cstddef>
#include <string>

#include "lmpack/error.hpp"

namespace lmpack {

inline constexpr int kBitsInByte = 8;
inline constexpr std::size_t kByteValues = 256;

// Throws InvalidArgument if the model has fewer symbols than there are bytes.
inline void check_models_bytes(std::size_t vocabulary) {
  if (vocabulary < kByteValues) {
    throw InvalidArgument("the model has " + std::to_string(vocabulary) +
                          " symbols: bytes need at least 256");
  }
}

}  // namespace lmpack
