// Lanes of a decoder, spread over the threads of a team.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "lmpack/decoder/pass.hpp"

namespace lmpack {

class DecoderLanes {
 public:
  // Takes the weights int32 [vocabulary] of the symbol after symbol `step` of a lane. Called by
  // several threads at the same time, each with another slot below the team's number of threads.
  using Sink = std::function<void(std::size_t slot, std::size_t lane, std::size_t step,
                                  std::span<const std::int32_t> weights)>;

  // The next symbols of a lane.
  struct Symbols {
    std::size_t lane;
    std::span<const std::int32_t> symbols;
  };

  // The engine must outlive it. Throws InvalidArgument for fewer than 1 lane.
  DecoderLanes(const DecoderEngine& engine, std::int64_t lanes);

  const DecoderEngine& engine() const { return engine_; }
  std::size_t lanes() const { return lanes_.size(); }

  // Feeds symbols to some lanes, each of which may occur once. What the sink gets does not depend
  // on the team. Throws InvalidArgument for a symbol out of range and for more symbols than the
  // context has positions, which changes nothing. What the sink throws goes through; as lanes are
  // then somewhere in the middle, every further call but restart() throws InvalidArgument.
  void feed(std::span<const Symbols> feeds, const ThreadTeam::Lease& lease, const Sink& sink);

  // The same with as many symbols for all lanes, symbols [lanes][steps], and the weights in an
  // array [lanes][steps][vocabulary].
  void feed(std::span<const std::int32_t> symbols, std::size_t steps,
            const ThreadTeam::Lease& lease, std::span<std::int32_t> weights);

  // Starts a new segment in all lanes, in the memory of the one before.
  void restart();

 private:
  void check(std::span<const Symbols> feeds) const;
  void feed_apart(std::span<const Symbols> feeds, std::size_t rows, const ThreadTeam::Lease& lease,
                  const Sink& sink);
  DecoderPass& pass_of(std::size_t slot);

  const DecoderEngine& engine_;
  std::vector<DecoderLane> lanes_;
  std::vector<std::unique_ptr<DecoderPass>> passes_;  // by slot, made when first needed
  bool whole_ = true;                                 // no call was stopped in the middle
};

}  // namespace lmpack
