// The three predictors, made of the same parts (docs/mixing.md, section 5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmpack/mixing/contexts/context_list.hpp"

namespace lmpack {

// By the number that a payload has for them.
enum class Predictor : std::uint8_t { kLight = 1, kFull = 2, kStrong = 3 };
inline constexpr int kFirstPredictor = 1, kLastPredictor = 3;

// What selects the weights of a mixer.
enum class Selector : std::uint8_t {
  kPrefix,
  kModel,
  kByte1,
  kByte2,
  kByte3,
  kExpected,
  kSeenOrders,
  kKinds,
  kRecordAbove,
  kCode,
  kToken,
};

struct PredictorParts {
  std::vector<Context> contexts;
  std::vector<Selector> selectors;
  std::vector<std::size_t> matches;  // shortest lengths of the match models
  std::int16_t first_weight = 300;   // of most inputs in blocks without a model, in 2**-14
  bool all_history_inputs = true;    // otherwise the logit alone
  bool second_final = true;          // a second final mixer
  bool by_kind = true;               // contexts of code give way in rows of tables and in text
  bool has_keyed = false;            // the keyed contexts are followed
  bool late_slots = false;           // slots of last four bits wait for a second byte
  bool match_apm = true;             // at the end, by the length of the match
  int table_digits = 0;              // log2 of lines of the history table, less that of the bytes
  int largest_table = 20;            // the largest log2 of its lines
};

// The parts of a predictor. records: for blocks with a stride.
PredictorParts parts_of(Predictor predictor, bool records);

}  // namespace lmpack
