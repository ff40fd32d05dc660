// What a context has seen, in a byte: bounded counts of zeros and ones, and which came last.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lmpack/mixing/logistic.hpp"

namespace lmpack {

// A number of a state; 0 has seen nothing. A larger number has seen at least as many bits.
using BitHistory = std::uint8_t;

class StateTable {
 public:
  static constexpr std::size_t kStates = 256;

  StateTable();

  BitHistory next(BitHistory state, std::uint32_t bit) const { return next_[state][bit]; }

  // What the counts alone suggest.
  Probability first_guess(std::size_t state) const { return guess_[state]; }

  // By state: 1 if it has seen ones only, 2 if zeros only, otherwise 0.
  const std::uint8_t* certainties() const { return certainties_.data(); }

  // By state and bit: the next state.
  const BitHistory* nexts() const { return next_[0].data(); }

 private:
  static constexpr std::size_t kReadBeyond = 3;  // by vectors, of tables of bytes

  std::array<std::array<BitHistory, 2>, kStates + kReadBeyond> next_{};
  std::array<std::uint16_t, kStates> guess_;
  std::array<std::uint8_t, kStates + kReadBeyond> certainties_{};
};

// The states, made when they are first asked for.
const StateTable& state_table();

}  // namespace lmpack
