// What the lanes of a block go on from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/engine/engine.hpp"
#include "lmpack/engine/lane.hpp"

namespace lmpack {

// Bytes before the block, and by model a lane that has been fed all of them but the last one.
// Without bytes lanes start with the start symbol.
struct LanesBefore {
  std::span<const std::uint8_t> bytes;
  std::vector<const Lane*> lanes;

  // A lane of a model as it is before the first symbol of the block is predicted.
  Lane start(const Engine& engine, std::size_t model) const {
    return bytes.empty() ? Lane(engine.shape()) : *lanes[model];
  }

  // What is fed to predict that first symbol.
  std::int32_t last(const Engine& engine) const {
    return bytes.empty() ? engine.shape().start_symbol() : bytes.back();
  }
};

}  // namespace lmpack
