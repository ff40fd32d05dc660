// What one or two models say of the symbols of a block, computed by all threads of a team.
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

// The models that predict a block, in the order that its container names them.
using Models = std::vector<const Engine*>;

class BlockPredictions {
 public:
  // Takes the odds [vocabulary] that a symbol is predicted with by a model, which has a number.
  // Called by several threads at the same time, each with another slot below slots().
  using Sink = std::function<void(std::size_t slot, std::size_t model, const Cell& cell,
                                  std::span<const std::int32_t> odds)>;

  // Engines and team must outlive it.
  BlockPredictions(const Models& models, ThreadTeam& team, BlockLayout layout);

  std::size_t slots() const { return lease_.slots(); }

  // Predicts the symbols of the next `count` steps, from step `first` on, of a block that is known.
  // beside: what a thread does meanwhile.
  void predict(std::span<const std::uint8_t> plain, std::size_t first, std::size_t count,
               const Sink& sink, const std::function<void()>& beside = {});

  // Predicts the symbols of the next step; before: [lanes], those of the step before, whatever
  // they are at step 0.
  void predict_step(std::span<const std::int32_t> before, std::size_t step, const Sink& sink);

 private:
  // symbols: for each model [lanes][count].
  void feed(const std::vector<std::vector<std::int32_t>>& symbols, std::size_t first,
            std::size_t count, const Sink& sink, const std::function<void()>& beside);

  BlockLayout layout_;
  ThreadTeam::Lease lease_;
  std::vector<LockstepLanes> models_;
};

}  // namespace lmpack
