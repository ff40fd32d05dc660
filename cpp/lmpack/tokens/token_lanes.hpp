// How far the lanes of a block are, whose tokens have any number of bytes.
#pragma once

#include <cstddef>
#include <vector>

#include "lmpack/coder/block_layout.hpp"

namespace lmpack {

class TokenLanes {
 public:
  explicit TokenLanes(BlockLayout layout) : layout_(layout), filled_(layout.lanes()) {}

  const BlockLayout& layout() const { return layout_; }

  // Bytes of a lane that are not coded yet.
  std::size_t rest(std::size_t lane) const { return layout_.length_of(lane) - filled_[lane]; }

  // The place in the block of the next byte of a lane.
  std::size_t next_index(std::size_t lane) const { return layout_.index(lane, filled_[lane]); }

  // The next byte of a lane is coded; rest(lane) was above 0.
  void advance(std::size_t lane) {
    ++filled_[lane];
    ++coded_;
  }

  // Bytes of all lanes that are coded.
  std::size_t coded() const { return coded_; }

 private:
  BlockLayout layout_;
  std::vector<std::size_t> filled_;  // bytes, [lanes]
  std::size_t coded_ = 0;
};

}  // namespace lmpack
