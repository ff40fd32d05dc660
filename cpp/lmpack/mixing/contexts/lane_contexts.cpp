#include "lmpack/mixing/contexts/lane_contexts.hpp"

#include <algorithm>

namespace lmpack {

void LaneContexts::add(LaneBytes lane, Followers& followers) {
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
  for (KeyedContexts& keyed : keyed_) keyed.add(lane, nesting.bracket() == '"', instructions);
  if (by_kind_) {
    rows.add(lane);
    text_bytes_ = byte < '\t' ? 0 : std::min(text_bytes_ + 1, kTextFrom);
  }
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
    case kColumnAbove:
      return combined(std::min<std::uint64_t>(lines.length_above(), 255) << 32 |
                          std::min<std::uint64_t>(column, 255) << 16 |
                          std::uint64_t{lines.above()} << 1 | lines.matches_above(),
                      shape);
    case kColumnKinds:
      return combined(column, shapes.kinds() & 0x1FF);
    case kField:
      return combined(lines.field(), lines.fields());
    case kFieldAbove:
      return field << 24 | std::uint64_t{lines.field_above()} << 16 |
             std::uint64_t{lines.field_above_next()} << 8 | c1;
    case kBracket:
      return combined(nesting.bracket(), std::min<std::uint64_t>(words.length(), 6) << 8 | shape);
    case kBracketKey:
      return combined(nesting.key(), words.word() != 0 ? words.word() : c1);
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
    case kBytes24:
      return last_ & 0xFF00FF00;
    case kBytes246:
      return last_ & 0xFF00FF00FF00;
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
      if (context >= kKeyed1) {
        return in_text() ? keyed().in_text(context, words, last_)
                         : keyed().in_code(context, instructions);
      }
      if (rows.known() && context <= kCodeState) return row_value(context);
      return in_text() ? text_value(context) : code_value(context);
  }
}

std::uint64_t LaneContexts::code_value(Context context) const {
  constexpr std::uint64_t kModes = 0xFEF800;  // of opcodes all but the lowest bit, mod and reg
  const auto opcode_of = [](std::uint64_t instruction) { return instruction >> 16; };
  const std::uint64_t now = instructions.now(), last = instructions.last();
  const std::uint64_t second = instructions.second(), third = instructions.third();
  const std::uint64_t opcode = opcode_of(now);
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
    case kCodeOpcodes3:
      return combined(place, combined(opcode, opcode_of(last) << 8 | opcode_of(second)));
    case kCodeModes2:
      return combined(place, combined(now & 0xFFC7FF, last & 0xFFC700));
    case kCodeModes4:
      return combined(place,
                      combined(now & kModes,
                               combined(last & kModes, combined(second & kModes, third & kModes))));
    case kCodeOpcodes4:
      return combined(place,
                      combined(opcode, combined(opcode_of(last),
                                                combined(opcode_of(second), opcode_of(third)))));
    case kCodeOpcodeByte:
      return combined(place, opcode << 8 | (last_ & 0xFF));
    case kCodePair:
      return combined(place, combined(now, last));
    case kCodeBytes:
      return combined(place, combined(now, order(2)));
    case kBytes14:
      return last_ & 0xFF0000FF;
    default:
      return instructions.part() == Instructions::kOpcode  ? combined(last, 1)
             : instructions.part() == Instructions::kModRm ? combined(now, last >> 8 & 0xFF)
                                                           : combined(now, place);
  }
}

// In a row of a table.
std::uint64_t LaneContexts::row_value(Context context) const {
  const std::uint64_t c1 = last_ & 0xFF, place = rows.place();
  const std::uint64_t column = std::uint64_t{rows.part()} << 6 | rows.column();
  const std::uint64_t column_place = combined(column, place);
  const bool body = rows.part() == TableRows::kBody;
  switch (context) {
    using enum Context;
    case kCode:
      return rows.part() == TableRows::kKey ? combined(column_place, rows.key())
                                            : combined(column, rows.text());
    case kCodeOperand:
      return body ? combined(column, std::uint64_t{rows.above()} << 16 |
                                         std::uint64_t{rows.above_next()} << 8 | c1)
                  : combined(column_place, std::uint64_t{rows.left()} << 32 | rows.type());
    case kCodePart:
      return combined(column_place, std::uint64_t{rows.type()} << 8 | c1);
    default:
      return body ? combined(column_place,
                             std::uint64_t{rows.above()} << 1 | (rows.repeats() ? 1U : 0U))
                  : combined(column, rows.left());
  }
}

// In text.
std::uint64_t LaneContexts::text_value(Context context) const {
  const std::uint64_t word = words.word(), marks = words.marks();
  switch (context) {
    using enum Context;
    case kCode:
      return combined(combined(word, words.second()), words.third());
    case kCodeOperand:
      return combined(word, words.third());
    case kCodePart:
      return last_ & 0xF8F8F8F8F8F8;
    case kCodeState:
      return combined(marks & 0xFFFFFFFF, std::min<std::uint64_t>(words.length(), 3));
    case kCodeOpcodes3:
      return combined(marks & 0xFFFFFF, word);
    case kCodeModes2:
      return combined(marks & 0xFFFFFFFFFFFF, words.length());
    case kCodeModes4:
      return last_ & 0xFFFFFF00;
    case kCodeOpcodes4:
      return last_ & 0xF0F0FF;
    case kCodeOpcodeByte:
      return combined(words.second(), words.gap()) + (word != 0 ? last_ & 0xFF : 0);
    case kCodePair:
      return combined(word, marks & 0xFFFF);
    case kCodeBytes:
      return combined(lines.above(), word);
    default:
      return combined(lines.field(), std::uint64_t{lines.field_above()} << 8 |
                                         std::uint64_t{lines.field_above_next()});
  }
}

}  // namespace lmpack
