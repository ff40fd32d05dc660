#include "lmpack/mixing/logistic.hpp"

#include <algorithm>

namespace lmpack {
namespace {

// 2**30 / (1 + exp(-i / 4)) for i = 0 to 48, rounded.
constexpr std::array<std::int32_t, 49> kQuarters = {
    536870912,  603632421,  668360618,  729262575,  784968172,  834619371,  877863909,
    914777356,  945748661,  971361116,  992289723,  1009224275, 1022818680, 1033662384,
    1042268056, 1049070061, 1054429278, 1058641119, 1061944684, 1064531819, 1066555430,
    1068136757, 1069371547, 1070335182, 1071086865, 1071673008, 1072129942, 1072486072,
    1072763590, 1072979821, 1073148282, 1073279517, 1073381745, 1073461373, 1073523396,
    1073571704, 1073609330, 1073638635, 1073661458, 1073679234, 1073693078, 1073703861,
    1073712258, 1073718798, 1073723891, 1073727858, 1073730947, 1073733353, 1073735227};

constexpr int kStep = kLogitUnit / 4;

// The probability of a logit >= 0, on the line between two of the above.
Probability upper_probability(int logit) {
  const auto i = static_cast<std::size_t>(logit / kStep);
  const std::int32_t rise = (kQuarters[i + 1] - kQuarters[i]) / kStep;
  const std::int32_t value = kQuarters[i] + rise * (logit % kStep);
  return std::min(static_cast<Probability>(value >> (30 - kProbabilityBits)), kCertain);
}

}  // namespace

Logistic::Logistic() {
  for (int logit = 0; logit <= kLargestLogit; ++logit) {
    const Probability p = upper_probability(logit);
    const auto place = static_cast<std::size_t>(kLargestLogit);
    const auto distance = static_cast<std::size_t>(logit);
    squashed_[place + distance] = static_cast<std::uint16_t>(p);
    squashed_[place - distance] = static_cast<std::uint16_t>(kCertain + 1 - p);
  }
  squashed_[static_cast<std::size_t>(kLargestLogit)] = kHalf;
  int logit = 0;
  for (Probability p = kHalf; p <= kCertain + 1; ++p) {
    while (logit < kLargestLogit && squash(logit) < p) ++logit;
    const auto value = static_cast<Logit>(logit);
    if (p >= kFineFrom) {
      upper_[p - kFineFrom + kCoarse] = value;
    } else if (p % kCoarseStep == 0) {
      upper_[(p - kHalf) / kCoarseStep] = value;
    }
  }
  for (std::size_t i = 0; i + 1 < everywhere_.size(); ++i) {
    everywhere_[i] = stretch(static_cast<Probability>(i) * kCoarseStep + kCoarseStep / 2);
  }
}

const Logistic& logistic() {
  static const Logistic tables;
  return tables;
}

}  // namespace lmpack
