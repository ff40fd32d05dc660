// The models that predict a block.
#pragma once

#include <vector>

#include "lmpack/engine/engine.hpp"

namespace lmpack {

// One or two, in the order that the block's container names them.
using Models = std::vector<const Engine*>;

}  // namespace lmpack
