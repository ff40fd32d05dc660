// What bit histories are worth: maps from their states to probabilities.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmpack/mixing/bit_history.hpp"
#include "lmpack/mixing/state_map.hpp"

namespace lmpack {

// `count` maps that start with the first guess of each state; limit: as for StateMap.
inline std::vector<StateMap> history_maps(std::size_t count, std::uint32_t limit) {
  StateMap map(StateTable::kStates, limit);
  for (std::size_t state = 0; state < StateTable::kStates; ++state) {
    map.set(state, state_table().first_guess(state));
  }
  return std::vector<StateMap>(count, map);
}

}  // namespace lmpack
