#include "lmpack/mixing/contexts/lane_contexts.hpp"

#include <algorithm>

namespace lmpack {

void LaneContexts::add(std::span<const std::uint8_t> lane, Followers& followers) {
  const std::uint8_t byte = lane.back();
  followers.add(places_, byte);
  const bool equal = byte == (last_ >> 24 & 0xFF);
  zeros_ = zeros_ << 2 | (byte == 0 ? 2U : 0U) | (equal ? 1U : 0U);
  last_ = last_ << 8 | byte;
  words.add(byte);
  shapes.add(byte);
  lines.add(lane);
  nesting.add(byte, words.second());
  records.add(lane);
  instructions.add(byte);
  token_ = kByteClasses[byte].in_word ? words.word() : hash_value(byte, 6);
  places_ = Followers::Places::of(last_, token_);
}

std::uint64_t LaneContexts::hash(Context context, const Followers& followers) const {
  const std::uint64_t number = static_cast<std::uint64_t>(context) + 1;
  return hash_value(value(context, followers), number);
}

std::uint64_t LaneContexts::order(int bytes) const {
  return last_ & (~std::uint64_t{0} >> (64 - 8 * bytes));
}

// The kinds of the last three bytes, and the upper halves of the five before the last, those of
// spaces as 0.
std::uint64_t LaneContexts::nibble_kinds() const {
  std::uint64_t result = shapes.kinds() & 0x1FF;
  for (int i = 1; i < 6; ++i) {
    const std::uint64_t byte = last_ >> (8 * i) & 0xFF;
    result = result << 4 | (byte == ' ' ? 0 : byte >> 4);
  }
  return result;
}

std::uint64_t LaneContexts::value(Context context, const Followers& followers) const {
  const std::uint64_t c1 = last_ & 0xFF, c2 = last_ >> 8 & 0xFF, c4 = last_ >> 24 & 0xFF;
  const std::uint64_t shape = shapes.shapes() & 0xFF;
  const std::uint64_t n = records.above(), nn = records.above_above();
  const std::uint64_t nw = records.before_above(), ne = records.after_above();
  const std::uint64_t column = lines.column();
  const std::uint64_t field = std::min<std::uint64_t>(lines.fields(), 63);
  switch (context) {
    using enum Context;
    case kOrder2:
      return order(2);
    case kOrder3:
      return order(3);
    case kOrder4:
      return order(4);
    case kOrder5:
      return order(5);
    case kOrder6:
      return order(6);
    case kOrder8:
      return order(8);
    case kWord:
      return words.word();
    case kWordPair:
      return combined(words.word(), words.second());
    case kWordGap:
      return combined(words.word(), words.gap_before()) + c1;
    case kGaps:
      return combined(combined(words.gap(), words.second()),
                      combined(words.gap_before(), words.third()));
    case kGroups4:
      return combined(shapes.groups() & 0xFFFFFFFF, shapes.in_run());
    case kGroups8:
      return combined(shapes.groups(), shapes.in_run());
    case kGroups12:
      return combined(combined(shapes.groups(), shapes.older_groups() & 0xFFFFFFFF),
                      shapes.in_run());
    case kKinds:
      return shapes.kinds();
    case kAbove:
      return std::uint64_t{lines.above()} << 16 | c1 << 8 | lines.matches_above();
    case kColumnAbove:
      return combined(std::min<std::uint64_t>(lines.length_above(), 255) << 32 |
                          std::min<std::uint64_t>(column, 255) << 16 |
                          std::uint64_t{lines.above()} << 1 | lines.matches_above(),
                      shape);
    case kColumnKinds:
      return combined(column, shapes.kinds() & 0x1FF);
    case kFirstWord:
      return combined(lines.first_word(), c1);
    case kField:
      return combined(lines.field(), lines.fields());
    case kFieldAbove:
      return field << 24 | std::uint64_t{lines.field_above()} << 16 |
             std::uint64_t{lines.field_above_next()} << 8 | c1;
    case kBracket:
      return combined(nesting.bracket(), std::min<std::uint64_t>(words.length(), 6) << 8 | shape);
    case kBracketKey:
      return combined(nesting.key(), words.word() != 0 ? words.word() : c1);
    case kSounds:
      return 31 * std::uint64_t{shapes.sounds()} + 27 * std::uint64_t{nesting.sentence()} +
             281 * std::uint64_t{nesting.markup()};
    case kNesting:
      return combined(7 * std::uint64_t{shapes.sound_groups()} + nesting.markup(),
                      combined(nesting.balance(), nesting.sentence()));
    case kAfterByte:
      return std::uint64_t{followers.after_byte(places_)} << 8 | c1;
    case kAfterPair:
      return std::uint64_t{followers.after_pair(places_)} << 16 | order(2);
    case kAfterNibbles:
      return std::uint64_t{followers.after_nibbles(places_)} << 16 | places_.nibbles;
    case kAfterToken:
      return combined(followers.after_token(places_), shapes.shapes());
    case kByte2:
      return c2;
    case kBytes23:
      return last_ & 0xFFFF00;
    case kBytes24:
      return last_ & 0xFF00FF00;
    case kBytes13:
      return last_ & 0xFF00FF;
    case kBytes14:
      return last_ & 0xFF0000FF;
    case kBytes246:
      return last_ & 0xFF00FF00FF00;
    case kBytes34:
      return last_ & 0xFFFF0000;
    case kBytes48:
      return last_ & 0xFF000000FF000000;
    case kTopBits:
      return last_ & 0xE0E0E0E0;
    case kNibbleKinds:
      return nibble_kinds();
    case kZeros4:
      return c4 << 24 | (last_ >> 8 & 0xE000) | (zeros_ & 0xFF);
    case kZeros16:
      return zeros_;
    case kRecordByte2:
      return c2 << 24 | records.length();
    case kRecordColumn:
      return (n >> 3) << 40 | (nn >> 3) << 32 | records.column();
    case kNorthColumn:
      return n << 32 | records.column();
    case kNeighbours:
      return n << 24 | ne << 16 | nw << 8 | c1;
    case kGradient:
      return (c1 + n + 256 - nw) << 8 | (n + c1) / 32;
    case kTrend:
      return (2 * n + 256 - nn) << 8 | c1 >> 4;
    case kNorthTwice:
      return n << 16 | nn << 8 | (records.column() & 0xFF);
    case kRecordByte:
      return std::uint64_t{records.column()} << 16 | c1 << 8;
    case kNorth:
      return n;
    default:
      return code_value(context);
  }
}

std::uint64_t LaneContexts::code_value(Context context) const {
  const std::uint64_t now = instructions.now(), last = instructions.last();
  const std::uint64_t part = instructions.part();
  const std::uint64_t place = part << 6 | instructions.read();
  switch (context) {
    using enum Context;
    case kCode:
      return combined(place, now);
    case kCodeOperand: {
      const std::uint64_t byte =
          instructions.part() == Instructions::kOperand ? (last_ & 0xFF) + 1 : 0;
      return combined(byte, place << 4 | instructions.part_before());
    }
    case kCodePart:
      return place;
    case kCodeState:
      return instructions.part() == Instructions::kOpcode  ? combined(last, 1)
             : instructions.part() == Instructions::kModRm ? combined(now, last >> 8 & 0xFF)
                                                           : combined(now, place);
    default:
      return combined(last & 0xFFFF, combined(now, place));
  }
}

}  // namespace lmpack
