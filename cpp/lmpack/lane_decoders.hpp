// Many blocks that are decoded side by side, whose lanes share the steps of one model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "lmpack/mixing/byte_path.hpp"
#include "lmpack/thread_team.hpp"

namespace lmpack {

// One step of a block: the symbols of its lanes by their odds. Throws what the block's decoder
// does.
using BlockStep = std::function<void(OddsRows odds, std::span<std::int32_t> symbols)>;

// What a block has thrown.
struct BlockFailure {
  std::size_t first;  // of its lanes
  std::exception_ptr error;
};

// The blocks of a batch of lanes. No lane belongs to two of them. Not safe for two threads at once;
// the blocks of a step are decoded by all threads of the team.
class LaneDecoders {
 public:
  // The team must outlive this object.
  LaneDecoders(ThreadTeam& team, std::size_t lanes) : team_(team), lanes_(lanes) {}

  std::size_t lanes() const { return lanes_; }

  // Gives a block some lanes. Throws InvalidArgument if there are not so many, or one is taken.
  void add(std::size_t first, std::size_t lanes, BlockStep step);

  // Takes them back; nothing happens if no block has them.
  void remove(std::size_t first);

  // One step of every block. odds: rows [lanes]; symbols: [lanes], those of lanes of no block stay
  // as they are. A block that fails has no lanes any more, its symbols are 0, and others do not
  // notice. Throws InvalidArgument for another size.
  std::vector<BlockFailure> decode(OddsRows odds, std::span<std::int32_t> symbols);

 private:
  struct Block {
    std::size_t lanes;
    BlockStep step;
  };

  ThreadTeam& team_;
  std::size_t lanes_;
  std::map<std::size_t, Block> blocks_;     // by their first lanes
  std::optional<ThreadTeam::Lease> lease_;  // as long as there are blocks
};

}  // namespace lmpack
