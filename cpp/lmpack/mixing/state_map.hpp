// Probabilities that learn: one for each context, moved towards every bit that is seen there.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmpack/mixing/logistic.hpp"
#include "lmpack/mixing/undo_log.hpp"

namespace lmpack {

// An entry of a map: a probability in the upper 22 bits of a number, and how many bits it has seen
// in the lower 10.
inline constexpr int kEntryCountBits = 10;
inline constexpr int kEntryShift = 32 - kProbabilityBits;  // to the Probability

// How far a bit moves an entry, by its count n: 2**17 / (2 n + 3), rounded down, in units of
// 2**-16.
inline constexpr auto kEntryShares = [] {
  std::array<std::uint32_t, 1 << kEntryCountBits> shares{};
  for (std::uint32_t count = 0; auto& share : shares) share = (1U << 17) / (2 * count++ + 3);
  return shares;
}();

// The entry after a bit. `limit`: from this many bits on it moves by 1 / (limit + 1.5) of what it
// lacks, 1 to 1023. shares: kEntryShares.
inline std::uint32_t moved_entry(std::uint32_t entry, std::uint32_t bit, std::uint32_t limit,
                                 const std::uint32_t* shares) {
  constexpr std::uint32_t kCountMask = (1U << kEntryCountBits) - 1;
  constexpr std::int32_t kOne = 1 << (32 - kEntryCountBits);
  const std::uint32_t count = entry & kCountMask;
  const auto p = static_cast<std::int32_t>(entry >> kEntryCountBits);
  const std::int32_t lacks = (bit != 0 ? kOne - 1 : 0) - p;
  const auto share = static_cast<std::int32_t>(shares[count]);
  // lacks * share >> 16 in two parts, so that 32 bits are enough.
  constexpr int kLow = 11;
  constexpr std::int32_t kLowMask = (1 << kLow) - 1;
  const std::int32_t step =
      ((lacks >> kLow) * share + ((lacks & kLowMask) * share >> kLow)) >> (16 - kLow);
  return static_cast<std::uint32_t>(p + step) << kEntryCountBits |
         (count + (count < limit ? 1 : 0));
}

class StateMap {
 public:
  // `limit`: as for moved_entry().
  StateMap(std::size_t contexts, std::uint32_t limit)
      : limit_(limit), entries_(contexts, kHalf << kEntryShift) {}

  void set(std::size_t context, Probability p) { entries_[context] = p << kEntryShift; }

  // The probability of a context, which update() then moves.
  Probability predict(std::size_t context) {
    current_ = &entries_[context];
    return std::clamp(*current_ >> kEntryShift, Probability{1}, kCertain);
  }

  void update(std::uint32_t bit) {
    *current_ = moved_entry(*current_, bit, limit_, kEntryShares.data());
  }

  // Keeps what update() will change; undo() takes all such changes back.
  void keep() { log_.keep(*current_); }
  void undo() { log_.undo(); }

 private:
  std::uint32_t limit_;
  std::vector<std::uint32_t> entries_;
  std::uint32_t* current_ = nullptr;
  UndoLog<std::uint32_t> log_;
};

}  // namespace lmpack
