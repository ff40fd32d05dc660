// Where the block has been the same before: what came next there is a good guess.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/aligned.hpp"
#include "lmpack/coder/block_layout.hpp"
#include "lmpack/mixing/hash.hpp"

namespace lmpack {

// A match of one lane: the next byte is expected to be byte `place` of the block.
struct Match {
  std::size_t place = 0;
  std::size_t length = 0;  // bytes before it that are the same; 0 if there is no match
};

// All lanes look for matches in all lanes, as far as these are known when the next byte of a lane
// is coded.
class MatchModel {
 public:
  static constexpr std::size_t kLongest = 65535;

  // `shortest`: bytes of the shortest match, 1 to 16.
  MatchModel(std::span<const std::uint8_t> plain, BlockLayout layout, std::size_t shortest,
             int places_log2)
      : plain_(plain),
        shortest_(shortest),
        steps_(layout.steps()),
        known_(layout.lanes()),
        places_(std::size_t{1} << places_log2),
        shift_(64 - places_log2) {}

  // Asks the memory for what advance() will look at.
  void prefetch(std::size_t position, std::uint64_t last) const {
    if (position % steps_ + 1 >= shortest_) __builtin_prefetch(&places_[hash(position, last)]);
  }

  // Called when the byte at `position` of the block is known: follows the lane's match, or looks
  // for one for the byte after it. `last`: the lane's last eight bytes, the newest lowest.
  void advance(Match& match, std::size_t position, std::uint64_t last) {
    const std::size_t step = position % steps_;
    ++known_[position / steps_];
    if (match.length > 0 && plain_[match.place] == plain_[position]) {
      ++match.place;
      match.length = std::min(match.length + 1, kLongest);
    } else {
      match.length = 0;
    }
    if (step + 1 < shortest_) return;
    std::uint32_t& place = places_[hash(position, last)];
    if (match.length == 0 && place != 0) {
      match.place = place;
      match.length = common_length(place, position + 1);
    }
    place = static_cast<std::uint32_t>(position + 1);
  }

  // Called before the next byte of a lane is coded: ends its match if the byte that it expects is
  // not known yet.
  void check(Match& match) const {
    if (match.length > 0 && !is_known(match.place)) match.length = 0;
  }

  std::uint8_t expected(const Match& match) const { return plain_[match.place]; }

 private:
  // Of the last bytes, as many as the shortest match has.
  std::size_t hash(std::size_t position, std::uint64_t last) const {
    if (shortest_ < 8) last &= (std::uint64_t{1} << (8 * shortest_)) - 1;
    std::uint64_t older = 0;
    for (std::size_t i = 8; i < shortest_; ++i) older = older << 8 | plain_[position - i];
    return static_cast<std::size_t>(combined(last, older) >> shift_);
  }

  bool is_known(std::size_t place) const {
    return place < plain_.size() && place % steps_ < known_[place / steps_];
  }

  // Equal bytes before two places, each within its lane, at most 32; 0 if fewer than the shortest.
  std::size_t common_length(std::size_t a, std::size_t b) const {
    // A place at the start of a lane is the end of the one before.
    const std::size_t most =
        std::min({(a - 1) % steps_ + 1, (b - 1) % steps_ + 1, std::size_t{32}});
    std::size_t length = 0;
    while (length < most && plain_[a - 1 - length] == plain_[b - 1 - length]) ++length;
    return length < shortest_ ? 0 : length;
  }

  std::span<const std::uint8_t> plain_;  // grows while decoding
  std::size_t shortest_;
  std::size_t steps_;
  std::vector<std::size_t> known_;       // bytes of each lane
  AlignedVector<std::uint32_t> places_;  // by hash of the bytes before it; 0: none
  int shift_;
};

}  // namespace lmpack
