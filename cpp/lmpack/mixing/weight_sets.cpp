#include "lmpack/mixing/weight_sets.hpp"

#include <algorithm>

#include "lmpack/coder/bytes.hpp"
#include "lmpack/mixing/logistic.hpp"

namespace lmpack {
namespace {

constexpr std::size_t kBits = kBitsInByte;

// The logit of the model, in classes, selects a set with the match.
constexpr std::size_t kModelClasses = 24;
constexpr std::size_t kMatchClasses = 4;

// Each selector has as many sets again for rows of tables.
constexpr std::size_t kSetsOfAbove = 16 * 32;
constexpr std::size_t kSetsOfCode = 4 * kBits * 8 * 4;

// And others for text.
constexpr std::size_t kKeys = 64;
constexpr std::size_t kSetsOfKeys = kKeys * 8 * kBits;
constexpr std::size_t kMarks = 128;
constexpr std::size_t kSetsOfMarks = kMarks * 4 * kBits;
constexpr std::size_t kSetsOfOpcodes = 256 * 4 * kBits;

// Of a row: 16 parts of it or columns, and the first places in each.
std::size_t place_of(const TableRows& rows) {
  const std::size_t part = rows.part() + (rows.in_body() ? std::size_t{rows.column()} : 0);
  return std::min<std::size_t>(part, 15) * 8 + std::min<std::size_t>(rows.place(), 7);
}

// Of text: the key and the first places behind it.
std::size_t place_of(const KeyedValues& values) {
  return static_cast<std::size_t>(values.key() >> 58) * 8 +
         std::min<std::size_t>(values.place(), 7);
}

// The last two marks and the first places in a word, or of code the opcode and the part.
std::size_t token_of(const LaneContexts& contexts) {
  if (contexts.in_text()) {
    const Words& words = contexts.words;
    return static_cast<std::size_t>(hash_value(words.marks() & 0xFFFF, 3) >> 57) * 4 +
           std::min<std::size_t>(words.length(), 3);
  }
  const Instructions& code = contexts.instructions;
  const std::uint32_t opcode =
      (code.part() == Instructions::kOpcode ? code.last() : code.now()) >> 16;
  const bool in_operand = code.part() == Instructions::kOperand && code.read() > 0;
  return kMarks * 4 + std::size_t{opcode} * 4 + std::min<std::size_t>(code.part(), 2) +
         (in_operand ? 1 : 0);
}

// By the byte of the value above, or of the line above.
std::size_t above_in_text(const LaneContexts& contexts, std::uint32_t known) {
  const KeyedValues& values = contexts.keyed().values;
  const Lines& lines = contexts.lines;
  if (!values.has_above()) return (lines.above() ^ known) / 16 * 32 + 8 + lines.matches_above();
  return (values.above() ^ known) / 16 * 32 + (values.repeats() ? 16 : 0) +
         std::min<std::size_t>(values.place(), 15) / 2;
}

std::size_t count_of(Selector selector) {
  switch (selector) {
    using enum Selector;
    case kPrefix:
      return 256;
    case kModel:
      return std::max(kModelClasses * kMatchClasses, MatchInputs::kLengthClasses * kBits);
    case kByte1:
    case kByte3:
      return 256 * kBits;
    case kByte2:
      return 256;
    case kExpected:
      return 257 * kBits;
    case kSeenOrders:
      return 8 * kBits * 4;
    case kKinds:
      return 512 * kBits * 2;
    case kRecordAbove:
      return 3 * kSetsOfAbove;
    case kCode:
      return 2 * kSetsOfCode + kSetsOfKeys;
    case kToken:
      return kSetsOfMarks + kSetsOfOpcodes;
  }
  return 1;
}

}  // namespace

WeightSets::WeightSets(const std::vector<Selector>& selectors, std::size_t models) {
  for (const Selector selector : selectors) {
    const Mixer mixer{counts_.size(), selector};
    counts_.push_back(count_of(selector));
    switch (selector) {
      using enum Selector;
      case kModel:
        (models == 0 ? changing_ : hearing_).push_back(mixer);
        break;
      case kPrefix:
      case kExpected:
      case kRecordAbove:
        changing_.push_back(mixer);
        break;
      default:
        steady_.push_back(mixer);
    }
  }
}

void WeightSets::start_byte(const LaneContexts& contexts, std::size_t seen_orders) {
  contexts_ = &contexts;
  const std::uint64_t last = contexts.last();
  for (Mixer& mixer : steady_) {
    const auto set = [&](std::size_t start, std::size_t step) {
      mixer.start = start;
      mixer.step = step;
    };
    switch (mixer.selector) {
      using enum Selector;
      case kByte1:
        set((last & 0xFF) * kBits, 1);
        break;
      case kByte2:
        set(last >> 8 & 0xFF, 0);
        break;
      case kByte3:
        set((last >> 16 & 0xFF) * kBits, 1);
        break;
      case kSeenOrders:
        set(seen_orders * kBits * 4 + (last >> 6 & 3), 4);
        break;
      case kKinds:
        set((contexts.shapes.kinds() & 0x1FF) * kBits * 2 + contexts.lines.matches_above(), 2);
        break;
      case kCode: {
        if (contexts.rows.known()) {
          set(kSetsOfCode + place_of(contexts.rows) * kBits, 1);
          break;
        }
        if (contexts.in_keyed_text()) {
          set(2 * kSetsOfCode + place_of(contexts.keyed().values) * kBits, 1);
          break;
        }
        constexpr std::size_t kOfBit = 8 * 4;
        const Instructions& code = contexts.instructions;
        const std::size_t read = std::min<std::size_t>(code.read(), 7);
        set(code.part() * kBits * kOfBit + read * 4 + (code.now() & 3), kOfBit);
        break;
      }
      case kToken:
        set(token_of(contexts) * kBits, 1);
        break;
      default:
        break;
    }
  }
}

void WeightSets::start_bit(std::uint32_t prefix, int bit, const MatchInputs& matches) {
  const auto bits = static_cast<std::size_t>(bit);
  for (const Mixer& mixer : steady_) chosen_[mixer.number] = mixer.start + bits * mixer.step;
  for (const Mixer& mixer : changing_) {
    std::size_t& set = chosen_[mixer.number];
    switch (mixer.selector) {
      using enum Selector;
      case kModel:
        set = matches.length_class() * kBits + bits;
        break;
      case kExpected:
        set = (matches.length_class() == 0 ? 0 : matches.expected() + 1) * kBits + bits;
        break;
      case kRecordAbove: {
        const std::uint32_t known = prefix << (kBits - bits) & 0xFF;
        if (contexts_->in_keyed_text()) {
          set = 2 * kSetsOfAbove + above_in_text(*contexts_, known);
          break;
        }
        const Records& records = contexts_->records;
        const TableRows& rows = contexts_->rows;
        const bool in_row = rows.in_body();
        const std::uint32_t above = in_row ? rows.above() : records.above();
        set = (above ^ known) / 16 * 32;
        set += in_row ? kSetsOfAbove + (rows.repeats() ? 16 : 0) +
                            std::min<std::size_t>(rows.column(), 15)
                      : records.column() * std::size_t{32} / records.length();
        break;
      }
      default:
        set = prefix;
    }
  }
}

void WeightSets::hear_models(int logit, const MatchInputs& matches) {
  constexpr int kReach = 8 * kLogitUnit;  // of the classes
  const auto place = static_cast<std::size_t>(std::clamp(logit, -kReach, kReach - 1) + kReach);
  const std::size_t match = matches.length_class();
  const std::size_t match_class = match == 0 ? 0 : match < 6 ? 1 : match < 12 ? 2 : 3;
  for (const Mixer& mixer : hearing_) {
    chosen_[mixer.number] = place * kModelClasses / (2 * kReach) * kMatchClasses + match_class;
  }
}

}  // namespace lmpack
