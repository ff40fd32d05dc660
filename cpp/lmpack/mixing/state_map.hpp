// Probabilities that learn: one for each context, moved towards every bit that is seen there.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmpack/mixing/logistic.hpp"

namespace lmpack {

class StateMap {
 public:
  // `limit`: from this many bits on an entry moves by 1 / (limit + 1.5) of what it lacks, 1 to
  // 1023.
  StateMap(std::size_t contexts, std::uint32_t limit)
      : limit_(limit), entries_(contexts, kHalf << kShift) {}

  void set(std::size_t context, Probability p) { entries_[context] = p << kShift; }

  // The probability of a context, which update() then moves.
  Probability predict(std::size_t context) {
    current_ = &entries_[context];
    return std::clamp(*current_ >> kShift, Probability{1}, kCertain);
  }

  void update(std::uint32_t bit) {
    const std::uint32_t count = *current_ & kCountMask;
    const auto p = static_cast<std::int64_t>(*current_ >> kCountBits);
    const std::int64_t target = bit != 0 ? kOne - 1 : 0;
    const auto moved = static_cast<std::uint32_t>(p + (((target - p) * kShares[count]) >> 16));
    *current_ = moved << kCountBits | (count < limit_ ? count + 1 : count);
  }

 private:
  static constexpr int kCountBits = 10;
  static constexpr std::uint32_t kCountMask = (1U << kCountBits) - 1;
  static constexpr int kShift = 32 - kProbabilityBits;
  static constexpr std::int64_t kOne = std::int64_t{1} << (32 - kCountBits);

  // By count: 65536 / (count + 1.5), rounded down.
  static constexpr auto kShares = [] {
    std::array<std::int32_t, kCountMask + 1> shares{};
    for (std::int32_t count = 0; auto& share : shares) share = (1 << 17) / (2 * count++ + 3);
    return shares;
  }();

  std::uint32_t limit_;
  // A probability in the upper 22 bits, a count in the lower 10.
  std::vector<std::uint32_t> entries_;
  std::uint32_t* current_ = nullptr;
};

}  // namespace lmpack
