#include "lmpack/steps/speculation.hpp"

#include <algorithm>

namespace lmpack {
namespace {

// A row costs about as much of a pass, at least; what is less likely is not looked up.
constexpr float kSmallestChance = 0.3F;

// A draft that is right less often than once in so many bytes of a window rests for some windows,
// as to look for guesses takes time, too.
constexpr std::size_t kWindow = 2048;
constexpr std::size_t kSeldom = 8;
constexpr std::size_t kRests = 15;

}  // namespace

bool Speculation::add(std::uint8_t byte) {
  follow(byte);
  if (confirmed_ == count_ || guesses_[confirmed_].byte != byte) return false;
  ++confirmed_;
  return true;
}

void Speculation::follow(std::uint8_t byte) {
  if (rests_ == 0 && draft_.add(byte)) ++right_;
  if (++seen_ < kWindow) return;
  if (rests_ > 0) {
    --rests_;
  } else if (right_ < kWindow / kSeldom) {
    rests_ = kRests;
  }
  seen_ = right_ = 0;
}

std::span<const Guess> Speculation::guess(std::size_t most, bool helped) {
  confirmed_ = 0;
  const auto room = std::span(guesses_).first(std::min(most, kMostGuesses));
  std::size_t made = 0;
  if (guesser_) {
    made = guesser_(room);
  } else if (rests_ == 0) {
    made = draft_.guess(room, kSmallestChance);
  }
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
