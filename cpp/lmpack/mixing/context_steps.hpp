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

struct HistoryStep {
  std::size_t size;               // contexts, padded
  bool all;                       // four inputs each, otherwise one
  BitHistory* const* slots;       // [size]: the histories of the next bits of each context
  std::size_t node;               // which of them is that of the next bit, which the bit updates
  MapEntry* entries;              // [size][states]
  std::uint32_t* states;          // [size], working memory
  std::int16_t* inputs;           // out: [1 or 4][size]
  const std::int32_t* stretches;  // [4096]: the logits of probabilities of 12 bits
  const std::uint32_t* shares;    // [1024], by count
  const std::int32_t* sures;      // [states]: all ones where one kind of bit was seen, otherwise 0
  const std::int32_t* sides;      // [states]: which one, as a probability
  const std::uint8_t* nexts;      // [states][2]
};

struct RunStep {
  std::size_t size;  // contexts, padded
  std::uint32_t places_of_context;
  MapEntry* entries;              // [size][places_of_context]; the first place says nothing
  const std::uint32_t* expected;  // [size]: 256 + the byte; 0 if there is none
  const std::uint32_t* groups;    // [size]: first place, by length of the run
  std::uint32_t* places;          // [size]: of the entries in use
  std::int16_t* inputs;           // out: [size]
  const std::int32_t* stretches;
  const std::uint32_t* shares;
};

// Run maps tell bits within a byte apart: the first, the second, three more, the last three.
inline constexpr std::uint32_t kBitClasses = 4;

}  // namespace lmpack
