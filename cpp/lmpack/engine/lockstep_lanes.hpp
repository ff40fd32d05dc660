// Lanes that advance together, spread over the threads of a team.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "lmpack/engine/engine.hpp"
#include "lmpack/thread_team.hpp"

namespace lmpack {

class LockstepLanes {
 public:
  // Takes the odds int32 [vocabulary] of the symbol after symbol `step` of a lane. Called by
  // several threads at the same time, each with another slot below the team's number of threads.
  using Sink = std::function<void(std::size_t slot, std::size_t lane, std::size_t step,
                                  std::span<const std::int32_t> odds)>;

  // The engine must outlive it. Throws InvalidArgument for fewer than 1 lane.
  LockstepLanes(const Engine& engine, std::int64_t lanes);

  const Engine& engine() const { return engine_; }
  std::size_t lanes() const { return lanes_.size(); }

  // Feeds `steps` symbols to each lane: symbols [lanes][steps]. What the sink gets does not depend
  // on the team. Throws InvalidArgument for a number of symbols or a symbol out of range, which
  // changes nothing. What the sink throws goes through; as lanes are then at different steps, every
  // further call throws InvalidArgument.
  void feed(std::span<const std::int32_t> symbols, std::size_t steps,
            const ThreadTeam::Lease& lease, const Sink& sink);

  // The same with the odds in an array [lanes][steps][vocabulary].
  void feed(std::span<const std::int32_t> symbols, std::size_t steps,
            const ThreadTeam::Lease& lease, std::span<std::int32_t> odds);

 private:
  // In how many parts the steps are done with that many threads.
  std::size_t parts_for(std::size_t steps, std::size_t threads) const;
  void feed_part(std::span<const std::int32_t> symbols, std::size_t steps, std::size_t part,
                 std::size_t parts, std::size_t slot, const Sink& sink);
  void check(std::span<const std::int32_t> symbols, std::size_t steps) const;
  ForwardPass& pass_of(std::size_t slot);

  const Engine& engine_;
  std::vector<Lane> lanes_;
  std::vector<std::unique_ptr<ForwardPass>> passes_;  // by slot, made when first needed
  bool in_step_ = true;  // all lanes have been fed the same number of symbols
};

}  // namespace lmpack
