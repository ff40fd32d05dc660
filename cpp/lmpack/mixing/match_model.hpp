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
#include "lmpack/mixing/mixed_bytes.hpp"
#include "lmpack/mixing/undo_log.hpp"

namespace lmpack {

// A match of one lane: the next byte is expected to be the one at `place`.
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
      : bytes_(plain, layout),
        shortest_(shortest),
        known_(layout.lanes()),
        places_(std::size_t{1} << places_log2),
        shift_(64 - places_log2) {}

  // Turns to a block whose lanes go on from all bytes that are known.
  void go_on(const MixedBytes& bytes, std::size_t lanes) {
    bytes_ = bytes;
    known_.assign(lanes, 0);
  }

  // Asks the memory for what advance() will look at.
  void prefetch(std::size_t place, std::uint64_t last) const {
    const LaneBytes past = bytes_.up_to(place + 1);
    if (past.size() >= shortest_) __builtin_prefetch(&places_[hash(past, last)]);
  }

  // Called when the byte at a place is known: follows the lane's match, or looks for one for the
  // byte after it. `last`: the lane's last eight bytes, the newest lowest.
  void advance(Match& match, std::size_t place, std::uint64_t last) {
    ++known_[bytes_.lane_of(place)];
    if (match.length > 0 && bytes_[match.place] == bytes_[place]) {
      ++match.place;
      match.length = std::min(match.length + 1, kLongest);
    } else {
      match.length = 0;
    }
    const LaneBytes past = bytes_.up_to(place + 1);
    if (past.size() < shortest_) return;
    std::uint32_t& next = places_[hash(past, last)];
    if (match.length == 0 && next != 0) {
      match.place = next;
      match.length = common_length(bytes_.up_to(next), past);
    }
    if (keeps_) log_.keep(next);
    next = static_cast<std::uint32_t>(place + 1);
  }

  // Called before the next byte of a lane is coded: ends its match if the byte that it expects is
  // not known yet.
  void check(Match& match) const {
    if (match.length > 0 && !is_known(match.place)) match.length = 0;
  }

  std::uint8_t expected(const Match& match) const { return bytes_[match.place]; }

  // From now on changes of what all lanes share are kept; undo() takes back those that there are.
  void keep_changes() { keeps_ = true; }
  void undo() { log_.undo(); }

 private:
  // Of the last bytes, as many as the shortest match has.
  std::size_t hash(LaneBytes past, std::uint64_t last) const {
    if (shortest_ < 8) last &= (std::uint64_t{1} << (8 * shortest_)) - 1;
    std::uint64_t older = 0;
    for (std::size_t i = 9; i <= shortest_; ++i) older = older << 8 | past.back(i);
    return static_cast<std::size_t>(combined(last, older) >> shift_);
  }

  bool is_known(std::size_t place) const {
    if (place < bytes_.before()) return true;
    return place < bytes_.size() && bytes_.step_of(place) < known_[bytes_.lane_of(place)];
  }

  // Equal bytes at the ends of both, at most 32; 0 if fewer than the shortest.
  std::size_t common_length(LaneBytes a, LaneBytes b) const {
    const std::size_t most = std::min({a.size(), b.size(), std::size_t{32}});
    std::size_t length = 0;
    while (length < most && a.back(length + 1) == b.back(length + 1)) ++length;
    return length < shortest_ ? 0 : length;
  }

  MixedBytes bytes_;  // of which more are known while decoding
  std::size_t shortest_;
  std::vector<std::size_t> known_;       // bytes of each lane of the block
  AlignedVector<std::uint32_t> places_;  // by hash of the bytes before it; 0: none
  int shift_;
  bool keeps_ = false;
  UndoLog<std::uint32_t> log_;
};

}  // namespace lmpack
