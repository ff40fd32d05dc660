// Records of one length: which length they have, and what stood in the columns before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lmpack/mixing/lane_bytes.hpp"

namespace lmpack {

class Records {
 public:
  // stride: the length of the records if it is known, otherwise 0, and it is looked for.
  explicit Records(std::uint32_t stride)
      : searches_(stride == 0), length_(stride == 0 ? kFirstGuess : stride) {}

  // lane: all bytes so far, of which the last one is new.
  void add(LaneBytes lane) {
    if (searches_) search(lane);
    const auto back = [&](std::size_t distance) -> std::uint32_t {
      return distance > 0 && distance <= lane.size() ? lane.back(distance) : 0;
    };
    above_ = back(length_);
    above_above_ = back(std::size_t{2} * length_);
    before_above_ = back(std::size_t{length_} + 1);
    after_above_ = back(length_ - 1);
    column_ = static_cast<std::uint32_t>(lane.size() % length_);
  }

  std::uint32_t length() const { return length_; }
  std::uint32_t column() const { return column_; }
  // Bytes of the records before, 0 where there is none: in the column of the next byte (N, NN),
  // and beside it (NW, NE).
  std::uint32_t above() const { return above_; }
  std::uint32_t above_above() const { return above_above_; }
  std::uint32_t before_above() const { return before_above_; }
  std::uint32_t after_above() const { return after_above_; }

 private:
  // A length that was seen, and how often of late.
  struct Candidate {
    std::uint32_t length = 0;
    std::uint32_t votes = 0;
  };

  static constexpr std::uint32_t kFirstGuess = 4;
  static constexpr std::uint32_t kLongest = 65535;
  static constexpr std::uint32_t kSureFrom = 32;  // longer lengths need less evidence
  static constexpr std::uint32_t kVotes = 15;     // that make a length the one

  // Equal distances between the last places of a byte speak for a length.
  void search(LaneBytes lane) {
    const auto now = static_cast<std::uint32_t>(lane.size());
    std::array<std::uint32_t, 3>& places = places_[lane.back()];
    const std::uint32_t distance = now - places[0];
    const bool twice = places[1] != 0 && distance == places[0] - places[1];
    const bool thrice = twice && places[2] != 0 && distance == places[1] - places[2];
    if (distance > 1 && distance <= kLongest && (thrice || (twice && distance > kSureFrom))) {
      vote(distance);
    }
    places = {now, places[0], places[1]};
  }

  void vote(std::uint32_t length) {
    Candidate& weaker = candidates_[candidates_[0].votes <= candidates_[1].votes ? 0 : 1];
    for (Candidate& candidate : candidates_) {
      if (candidate.length != length) continue;
      if (++candidate.votes <= kVotes) return;
      if (length != length_) candidates_ = {};
      length_ = length;
      return;
    }
    if (weaker.votes > 0) --weaker.votes;
    if (weaker.votes == 0) weaker = {length, 1};
  }

  bool searches_;
  std::uint32_t length_;
  std::uint32_t column_ = 0;
  std::uint32_t above_ = 0;
  std::uint32_t above_above_ = 0;
  std::uint32_t before_above_ = 0;
  std::uint32_t after_above_ = 0;
  std::array<Candidate, 2> candidates_{};
  std::array<std::array<std::uint32_t, 3>, 256> places_{};  // of each byte: its last ones, from 1
};

}  // namespace lmpack
