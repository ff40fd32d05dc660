#include "lmpack/mixing/predictor_parts.hpp"

#include <initializer_list>

namespace lmpack {
namespace {

using enum Context;

// Appends a list to another one.
void append(std::vector<Context>& contexts, std::initializer_list<Context> more) {
  for (const Context context : more) contexts.push_back(context);
}

PredictorParts light(bool records) {
  PredictorParts parts;
  // With order 1 they are eight, which kernels take at a time.
  append(parts.contexts, {kOrder2});
  if (records) {
    append(parts.contexts, {kZeros4, kRecordColumn, kNorth, kNeighbours, kGradient, kTrend});
  } else {
    append(parts.contexts, {kOrder4, kWord, kGroups4, kKinds, kAfterToken, kCode});
  }
  parts.selectors = {Selector::kPrefix, Selector::kModel, Selector::kByte1};
  parts.matches = {6};
  parts.first_weight = 2000;
  parts.all_history_inputs = false;
  parts.second_final = false;
  parts.apms = 1;
  parts.table_digits = -1;
  return parts;
}

PredictorParts full(bool records) {
  PredictorParts parts;
  append(parts.contexts, {kOrder2, kOrder3, kOrder4, kOrder5, kWord, kGroups4, kKinds, kBytes24,
                          kAfterNibbles, kTopBits, kZeros4, kZeros16, kNorthColumn, kCode});
  if (records) {
    append(parts.contexts, {kNeighbours, kGradient, kTrend, kNorthTwice, kRecordByte, kRecordColumn,
                            kNorth, kByte2});
  } else {
    append(parts.contexts, {kOrder6, kWordPair, kGroups8, kColumnAbove, kColumnKinds, kFieldAbove,
                            kAfterToken, kBracket});
  }
  parts.selectors = {Selector::kPrefix, Selector::kModel,    Selector::kByte1,
                     Selector::kByte2,  Selector::kExpected, Selector::kSeenOrders};
  parts.matches = {5, 12};
  parts.first_weight = 450;
  parts.second_final = false;
  parts.apms = 2;
  return parts;
}

PredictorParts strong(bool records) {
  PredictorParts parts;
  append(parts.contexts,
         {kOrder2,      kOrder3,       kOrder4,      kOrder5,      kOrder6,      kWord,
          kGroups4,     kGroups8,      kKinds,       kColumnAbove, kFieldAbove,  kBracket,
          kAfterPair,   kAfterNibbles, kAfterToken,  kByte2,       kBytes24,     kBytes246,
          kTopBits,     kNibbleKinds,  kZeros4,      kZeros16,     kRecordByte2, kRecordColumn,
          kNorthColumn, kCode,         kCodeOperand, kCodePart,    kCodeState,   kCodePair});
  if (records) {
    append(parts.contexts, {kBytes23, kBytes13, kBytes14, kBytes34, kBytes48, kNeighbours,
                            kGradient, kTrend, kNorthTwice, kRecordByte, kNorth});
  } else {
    append(parts.contexts, {kOrder8, kWordPair, kWordGap, kGaps, kGroups12, kAbove, kColumnKinds,
                            kFirstWord, kField, kBracketKey, kSounds, kNesting, kAfterByte});
  }
  parts.selectors = {Selector::kPrefix,      Selector::kModel, Selector::kByte1,
                     Selector::kByte2,       Selector::kByte3, Selector::kExpected,
                     Selector::kSeenOrders,  Selector::kKinds, Selector::kColumn,
                     Selector::kRecordAbove, Selector::kCode};
  parts.matches = {5, 8, 16};
  parts.table_digits = 1;
  parts.largest_table = 22;
  return parts;
}

}  // namespace

PredictorParts parts_of(Predictor predictor, bool records) {
  switch (predictor) {
    case Predictor::kLight:
      return light(records);
    case Predictor::kFull:
      return full(records);
    default:
      return strong(records);
  }
}

}  // namespace lmpack
