#include "lmpack/mixing/predictor_parts.hpp"

namespace lmpack {
namespace {

PredictorParts light() {
  using enum Context;
  return {.contexts = {kOrder2, kOrder3, kOrder4, kOrder6, kWord, kWordPair, kGroups4, kColumnKinds},
          .selectors = {Selector::kPrefix, Selector::kModel, Selector::kByte1},
          .matches = {6},
          .all_history_inputs = false,
          .second_final = false,
          .all_apms = false,
          .table_digits = -1,
          .largest_table = 20};
}

PredictorParts full() {
  using enum Context;
  return {.contexts = {kOrder2, kOrder3, kOrder4, kOrder5, kOrder6, kWord, kWordPair, kGroups4,
                       kGroups8, kKinds, kColumnAbove, kColumnKinds, kFieldAbove, kAfterToken,
                       kAfterNibbles, kBytes24, kTopBits, kZeros4, kRecordAbove, kCode},
          .selectors = {Selector::kPrefix, Selector::kModel, Selector::kByte1, Selector::kByte2,
                        Selector::kExpected, Selector::kSeenOrders},
          .matches = {5, 12},
          .second_final = false,
          .all_apms = false,
          .table_digits = 0,
          .largest_table = 20};
}

PredictorParts strong() {
  PredictorParts parts;
  for (std::size_t i = 0; i < kMostContexts; ++i) {
    parts.contexts.push_back(static_cast<Context>(i));
  }
  using enum Selector;
  parts.selectors = {kPrefix, kModel, kByte1, kByte2, kByte3, kExpected,
                     kSeenOrders, kKinds, kAbove, kColumn, kRecordAbove, kCode};
  parts.matches = {5, 8, 16};
  parts.table_digits = 1;
  parts.largest_table = 22;
  return parts;
}

}  // namespace

PredictorParts parts_of(Predictor predictor) {
  switch (predictor) {
    case Predictor::kLight: return light();
    case Predictor::kFull: return full();
    default: return strong();
  }
}

}  // namespace lmpack
