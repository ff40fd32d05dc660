#include "lmpack/steps/speculation.hpp"

#include <algorithm>

namespace lmpack {
namespace {

// A row costs about as much of a pass, at least; what is less likely is not looked up.
constexpr float kSmallestChance = 0.3F;

}  // namespace

bool Speculation::add(std::uint8_t byte) {
  draft_.add(byte);
  if (confirmed_ == count_ || guesses_[confirmed_].byte != byte) return false;
  ++confirmed_;
  return true;
}

std::span<const Guess> Speculation::guess(std::size_t most, bool helped) {
  confirmed_ = 0;
  const auto room = std::span(guesses_).first(std::min(most, kMostGuesses));
  const std::size_t made = guesser_ ? guesser_(room) : draft_.guess(room, kSmallestChance);
  count_ = how_many(made, costs_[helped ? 1 : 0]);
  return std::span(guesses_).first(count_);
}

// Each guess that comes saves a pass of one row. Several may pay where one more does not.
std::size_t Speculation::how_many(std::size_t count, const PassCosts& costs) const {
  std::size_t best = 0;
  float most_saved = 0;
  float saved = 0;
  float chance = 1;
  for (std::size_t i = 0; i < count; ++i) {
    chance *= guesses_[i].chance;
    saved += chance;
    const float gain = saved - (costs.of(2 + i) - 1);
    if (gain <= most_saved) continue;
    most_saved = gain;
    best = 1 + i;
  }
  return best;
}

}  // namespace lmpack
