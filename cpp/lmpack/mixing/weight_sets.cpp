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

std::size_t count_of(Selector selector) {
  switch (selector) {
    using enum Selector;
    case kPrefix:
      return 256;
    case kModel:
      return std::max(kModelClasses * kMatchClasses, MatchInputs::kLengthClasses * kBits);
    case kByte1:
    case kByte3:
    case kColumn:
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
      return 16 * 32;
    case kCode:
      return 4 * kBits * 8 * 4;
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
      case kColumn:
        set(std::min<std::size_t>(contexts.records.column(), 255) * kBits, 1);
        break;
      case kCode: {
        constexpr std::size_t kOfBit = 8 * 4;
        const Instructions& code = contexts.instructions;
        const std::size_t read = std::min<std::size_t>(code.read(), 7);
        set(code.part() * kBits * kOfBit + read * 4 + (code.now() & 3), kOfBit);
        break;
      }
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
        const Records& records = contexts_->records;
        set = (records.above() ^ (prefix << (kBits - bits) & 0xFF)) / 16 * 32 +
              records.column() * std::size_t{32} / records.length();
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
