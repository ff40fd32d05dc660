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
  parts.match_apm = false;
  parts.table_digits = -1;
  return parts;
}

PredictorParts full(bool records) {
  PredictorParts parts;
  // With order 1 they are sixteen.
  append(parts.contexts, {kOrder2, kOrder3, kOrder5, kKinds, kZeros4});
  if (records) {
    append(parts.contexts, {kTopBits, kZeros16, kNorthColumn, kNeighbours, kGradient, kTrend,
                            kRecordByte, kRecordColumn, kNorth, kByte2});
  } else {
    append(parts.contexts, {kWord, kWordPair, kGroups4, kGroups8, kColumnAbove, kFieldAbove,
                            kBracket, kAfterNibbles, kAfterToken, kCode});
  }
  parts.selectors = {Selector::kPrefix, Selector::kModel, Selector::kByte1, Selector::kByte2,
                     Selector::kSeenOrders};
  parts.matches = {5, 12};
  parts.first_weight = 450;
  parts.second_final = false;
  return parts;
}

PredictorParts strong(bool records) {
  PredictorParts parts;
  // With order 1 they are thirty-two or forty-eight.
  append(parts.contexts,
         {kOrder2,     kOrder3,      kOrder4,       kOrder5,      kWord,     kGroups4,  kKinds,
          kFieldAbove, kAfterPair,   kAfterNibbles, kAfterToken,  kBytes24,  kTopBits,  kZeros4,
          kZeros16,    kNorthColumn, kCode,         kCodeOperand, kCodePart, kCodeState});
  if (records) {
    append(parts.contexts, {kOrder6, kByte2, kBytes246, kNibbleKinds, kRecordColumn, kNeighbours,
                            kGradient, kTrend, kNorthTwice, kRecordByte, kNorth});
  } else {
    append(parts.contexts,
           {kColumnAbove, kBracket,     kRecordByte2,  kWordPair,       kWordGap,   kGaps,
            kGroups12,    kColumnKinds, kField,        kBracketKey,     kAfterByte, kCodeOpcodes3,
            kCodeModes2,  kCodeModes4,  kCodeOpcodes4, kCodeOpcodeByte, kCodePair,  kCodeBytes,
            kBytes14,     kKeyed1,      kKeyed2,       kKeyed3,         kKeyed4,    kKeyed5,
            kKeyed6,      kKeyed7,      kKeyed8});
  }
  parts.selectors = {Selector::kPrefix,     Selector::kModel, Selector::kByte1,
                     Selector::kByte2,      Selector::kByte3, Selector::kExpected,
                     Selector::kSeenOrders, Selector::kKinds, Selector::kRecordAbove,
                     Selector::kCode};
  if (!records) parts.selectors.push_back(Selector::kToken);
  parts.has_keyed = !records;
  parts.late_slots = true;
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
