// How the steps of a block that is known are cut, so that threads predict them ahead of the coder.
#pragma once

#include <cstddef>

#include "lmpack/coder/block_layout.hpp"
#include "lmpack/models.hpp"

namespace lmpack {

// Lanes of a model that are fed together are a *track*. Its steps are cut into *chunks*, which are
// predicted and coded as one; and these into *pieces*, which threads predict side by side. All
// numbers but that of the helpers are at least 1.
struct AheadPlan {
  std::size_t models;
  std::size_t lanes;
  std::size_t lanes_a_track;  // the last track of a model may have fewer
  std::size_t steps;
  std::size_t chunk;    // steps
  std::size_t pieces;   // of about the same length, at most as many as chunks
  std::size_t window;   // chunks that are predicted and not yet coded, at most
  std::size_t helpers;  // threads beside the one that codes, at most; may be 0

  std::size_t chunks() const { return (steps + chunk - 1) / chunk; }
  std::size_t tracks_a_model() const { return (lanes + lanes_a_track - 1) / lanes_a_track; }
  std::size_t tracks() const { return models * tracks_a_model(); }

  // Where a piece begins, in chunks; that of `pieces` is the end.
  std::size_t piece_begin(std::size_t piece) const { return chunks() * piece / pieces; }
};

// The plan for a block on `threads` threads, of which no more than the machine has processors
// count.
AheadPlan plan_ahead(const Models& models, BlockLayout layout, std::size_t threads);

}  // namespace lmpack
