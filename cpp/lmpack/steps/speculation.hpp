// Guesses for the next bytes of a lane, which pass through the layers with the last byte that is
// known (docs/engine.md, "Speculation").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>

#include "lmpack/steps/draft.hpp"
#include "lmpack/steps/pass_costs.hpp"

namespace lmpack {

// Writes guesses and gives how many there are, as Draft::guess() does.
using Guesser = std::function<std::size_t(std::span<Guess> guesses)>;

class Speculation {
 public:
  static constexpr std::size_t kMostGuesses = PassCosts::kMostRows - 1;

  // length: bytes of the lane. guesser: who guesses; a draft if it is empty.
  explicit Speculation(std::size_t length, Guesser guesser = {})
      : draft_(length), guesser_(std::move(guesser)) {}

  // Asks the memory for what add() will look at.
  void prefetch() const {
    if (rests_ == 0) draft_.prefetch();
  }

  // The next byte is known. Returns whether it is the next guess, so that the pass has told what
  // comes after it, too: see confirmed().
  bool add(std::uint8_t byte);

  // Guesses of the last pass that have come.
  std::size_t confirmed() const { return confirmed_; }

  // Those that have not, when another byte has come.
  std::size_t refuted() const { return count_ - confirmed_; }

  // What to guess in the next pass: as many bytes, at most, as make decoding fastest, if a pass
  // costs what passes cost lately. There are at most `most`.
  std::span<const Guess> guess(std::size_t most, bool helped);

  // The pass with these guesses has been waited for so long. helped: with helpers, for whom other
  // costs hold.
  void took(PassCosts::Time time, bool helped) { costs_[helped ? 1 : 0].took(1 + count_, time); }

 private:
  std::size_t how_many(std::size_t count, const PassCosts& costs) const;
  void follow(std::uint8_t byte);

  Draft draft_;
  Guesser guesser_;
  std::array<PassCosts, 2> costs_;
  std::array<Guess, kMostGuesses> guesses_{};
  std::size_t count_ = 0;
  std::size_t confirmed_ = 0;
  std::size_t seen_ = 0;   // bytes of this window
  std::size_t right_ = 0;  // of them, those that the draft expected
  std::size_t rests_ = 0;  // windows in which nothing is guessed, from this one on
};

}  // namespace lmpack
