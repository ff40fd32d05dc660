// What the kernels of the contexts work on: arrays with an entry for each context, so that all of
// them advance together.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lmpack/mixing/bit_history.hpp"

namespace lmpack {

// Arrays have so many entries more than contexts that all vectors are full.
inline constexpr std::size_t kContextGroup = 16;

// An adaptive probability: 22 bits of it above a count of bits seen (state_map.hpp).
using MapEntry = std::uint32_t;

struct ContextStep {
  std::size_t contexts;
  std::size_t size;            // contexts, padded
  bool all;                    // four inputs of each history, otherwise one
  const std::int16_t* others;  // [2 or 5][size]: inputs that are not of contexts, in lanes of none
  std::int16_t* inputs;        // out: [1 or 4][size] of histories, [size] of runs, and `others`
  const std::int16_t* stretches;  // [4096]: the logits of probabilities of 12 bits
  const std::uint32_t* shares;    // [1024], by count

  BitHistory* const* histories;     // [size]: those of the next four bits of each context
  std::size_t node;                 // which of them is that of the next bit, which the bit updates
  MapEntry* history_entries;        // [size][states]
  MapEntry* current_histories;      // [size]: the entries in use
  std::uint32_t* states;            // [size]: of the histories in use
  const std::uint8_t* certainties;  // [states]: as StateTable has them
  const std::uint8_t* nexts;        // [states][2]

  std::uint32_t places_of_context;
  MapEntry* run_entries;          // [size][places_of_context]; the first place says nothing
  MapEntry* current_runs;         // [size]: the entries in use
  std::uint32_t* places;          // [size]: of these
  const std::uint32_t* expected;  // [size]: 256 + the byte; 0 if there is none
  const std::uint32_t* groups;    // [size]: first place, by length of the run
};

// Run maps tell bits within a byte apart: the first, the second, three more, the last three.
inline constexpr std::uint32_t kBitClasses = 4;

}  // namespace lmpack
