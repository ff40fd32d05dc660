// A model for targets that need one: as small as models can be, with some symbols that are no
// bytes.
#pragma once

#include "../tests/random_engine.hpp"

namespace lmpack::fuzz {

inline const Engine& small_engine() {
  static const Engine engine = tests::random_engine(
      ModelShape{288, 32, 1, 32, 32, {8}, true, {{2, 50, 0, 32}}}, *available_kernels().front());
  return engine;
}

// Alone, as a second thread would only wait for the first one.
inline ThreadTeam& one_thread() {
  static ThreadTeam team(1);
  return team;
}

}  // namespace lmpack::fuzz
