// What the kernels of the contexts work on: arrays with an entry for each context, so that all of
// them advance together.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lmpack/mixing/bit_history.hpp"

namespace lmpack {

// Contexts advance in groups of so many. Arrays have so many entries more than contexts that all
// groups are full.
inline constexpr std::size_t kContextGroup = 8;

// An adaptive probability: 22 bits of it above a count of bits seen (state_map.hpp).
using MapEntry = std::uint32_t;

// [group][2][kContextGroup] is what the histories of a group have, then what its runs have.
struct ContextStep {
  std::size_t contexts;
  std::size_t groups;
  std::size_t inputs_of_group;
  bool all;                       // four inputs of each history, otherwise one
  std::int16_t* inputs;           // out: [group][2 or 5][kContextGroup]: of histories, of runs, and
                                  // the other three of histories
  const std::int16_t* stretches;  // [4096]: the logits of probabilities of 12 bits
  const std::uint32_t* shares;    // [1024], by count

  BitHistory* const* histories;     // [group][kContextGroup]: those of the next four bits
  std::size_t node;                 // which of them is that of the next bit, which the bit updates
  const std::uint8_t* certainties;  // [states]: as StateTable has them
  const std::uint8_t* nexts;        // [states][2]

  const std::uint32_t* expected;  // [group][kContextGroup]: 256 + the byte; 0 if there is none
  const std::uint32_t* of_runs;   // [group][kContextGroup]: first place, by length of the run

  MapEntry* entries;      // [context][states] of histories, then of runs; the first one is of none
  MapEntry* current;      // [group][2][kContextGroup]: the entries in use
  std::uint32_t* places;  // [group][2][kContextGroup]: of these
};

// Run maps tell bits within a byte apart: the first, the second, three more, the last three.
inline constexpr std::uint32_t kBitClasses = 4;

}  // namespace lmpack
