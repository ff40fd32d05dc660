#include "lmpack/block_encoder.hpp"

#include <cstddef>
#include <string>

#include "lmpack/error.hpp"
#include "lmpack/frequencies.hpp"

namespace lmpack {

BlockEncoder::BlockEncoder(BlockLayout layout, std::int64_t vocabulary)
    : layout_(layout), vocabulary_(vocabulary) {
  check_vocabulary(vocabulary);
  frequencies_.resize(static_cast<std::size_t>(vocabulary));
}

void BlockEncoder::encode(std::span<const std::int32_t> weights,
                          std::span<const std::int32_t> symbols, std::int64_t steps) {
  check_phase();
  check_sizes(weights.size(), symbols.size(), steps);
  phase_ = Phase::kFailed;
  const auto vocabulary = static_cast<std::size_t>(vocabulary_);
  for (std::int64_t step = 0; step < steps; ++step) {
    const std::int64_t active = layout_.active_lanes(step_ + step);
    for (std::int64_t lane = 0; lane < active; ++lane) {
      const auto index = static_cast<std::size_t>(lane * steps + step);
      encode_symbol(weights.subspan(index * vocabulary, vocabulary), symbols[index]);
    }
  }
  step_ += steps;
  phase_ = Phase::kCoding;
}

std::vector<std::uint8_t> BlockEncoder::finish() {
  check_phase();
  if (step_ != layout_.steps()) {
    throw InvalidArgument("the block can be finished after " + std::to_string(layout_.steps()) +
                          " steps, not after " + std::to_string(step_));
  }
  phase_ = Phase::kFinished;
  return coder_.finish();
}

void BlockEncoder::check_phase() const {
  if (phase_ == Phase::kFinished) {
    throw InvalidArgument("the block is finished; use a new encoder for another one");
  }
  if (phase_ == Phase::kFailed) {
    throw InvalidArgument("an earlier error left the block incomplete; start it anew");
  }
}

void BlockEncoder::check_sizes(std::size_t weights, std::size_t symbols, std::int64_t steps) const {
  const std::int64_t left = layout_.steps() - step_;
  if (steps < 0 || steps > left) {
    throw InvalidArgument("the block has " + std::to_string(left) + " steps left, not " +
                          std::to_string(steps));
  }
  const auto cells = static_cast<std::size_t>(layout_.lanes() * steps);
  const std::size_t expected = cells * static_cast<std::size_t>(vocabulary_);
  if (symbols != cells || weights != expected) {
    throw InvalidArgument("these steps need " + std::to_string(cells) + " symbols and " +
                          std::to_string(expected) + " weights, not " + std::to_string(symbols) +
                          " and " + std::to_string(weights));
  }
}

void BlockEncoder::encode_symbol(std::span<const std::int32_t> weights, std::int32_t symbol) {
  if (symbol < 0 || symbol >= vocabulary_) {
    throw InvalidArgument("a symbol must be 0 to " + std::to_string(vocabulary_ - 1) + ", not " +
                          std::to_string(symbol));
  }
  frequencies_from_weights(weights, frequencies_);
  coder_.encode(interval_of(frequencies_, static_cast<std::uint32_t>(symbol)));
}

}  // namespace lmpack
