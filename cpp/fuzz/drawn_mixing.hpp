// The mixing of a block, as the input chooses it.
#pragma once

#include "input.hpp"
#include "lmpack/mixing/mixing.hpp"

namespace lmpack::fuzz {

inline Predictor drawn_predictor(Input& input) {
  return static_cast<Predictor>(kFirstPredictor + static_cast<int>(input.below(kLastPredictor)));
}

// With any stride and any predictor.
inline Mixing drawn_mixing(Input& input) {
  const std::uint32_t stride = input.word16();
  return {stride, drawn_predictor(input)};
}

}  // namespace lmpack::fuzz
