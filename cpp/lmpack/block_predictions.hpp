// What a model says of the symbols of a block, computed by all threads of a team.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "lmpack/coder/block_cursor.hpp"
#include "lmpack/engine/lockstep_lanes.hpp"
#include "lmpack/thread_team.hpp"

namespace lmpack {

class BlockPredictions {
 public:
  // Takes the odds [vocabulary] that a symbol is predicted with. Called by several threads at the
  // same time, each with another slot below slots().
  using Sink =
      std::function<void(std::size_t slot, const Cell& cell, std::span<const std::int32_t> odds)>;

  // Engine and team must outlive it.
  BlockPredictions(const Engine& engine, ThreadTeam& team, BlockLayout layout);

  std::size_t slots() const { return lease_.slots(); }

  // What is before the first step of each lane: symbols [lanes].
  std::vector<std::int32_t> start_symbols() const;

  // Predicts the symbols of the next `count` steps, from step `first` on, of a block that is known.
  void predict(std::span<const std::uint8_t> plain, std::size_t first, std::size_t count,
               const Sink& sink);

  // Predicts the symbols of the next step; before: [lanes], those of the step before.
  void predict_step(std::span<const std::int32_t> before, std::size_t step, const Sink& sink);

 private:
  void feed(std::span<const std::int32_t> symbols, std::size_t first, std::size_t count,
            const Sink& sink);

  BlockLayout layout_;
  ThreadTeam::Lease lease_;
  LockstepLanes lanes_;
};

}  // namespace lmpack
