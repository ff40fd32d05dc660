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
  check_sizes(symbols.size(), steps);
  const auto vocabulary = static_cast<std::size_t>(vocabulary_);
  if (weights.size() != symbols.size() * vocabulary) {
    throw InvalidArgument(std::to_string(symbols.size()) + " symbols need " +
                          std::to_string(symbols.size() * vocabulary) + " weights, not " +
                          std::to_string(weights.size()));
  }
  encode_in_order(steps, [&](std::size_t index) {
    return interval_for(weights.subspan(index * vocabulary, vocabulary), symbols[index]);
  });
}

void BlockEncoder::encode(std::span<const TableInterval> intervals, std::int64_t steps) {
  check_phase();
  check_sizes(intervals.size(), steps);
  encode_in_order(steps, [&](std::size_t index) { return intervals[index]; });
}

template <typename Interval>
void BlockEncoder::encode_in_order(std::int64_t steps, const Interval& interval) {
  phase_ = Phase::kFailed;
  for (std::int64_t step = 0; step < steps; ++step) {
    const std::int64_t active = layout_.active_lanes(step_ + step);
    for (std::int64_t lane = 0; lane < active; ++lane) {
      coder_.encode(interval(static_cast<std::size_t>(lane * steps + step)));
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

void BlockEncoder::check_sizes(std::size_t cells, std::int64_t steps) const {
  const std::int64_t left = layout_.steps() - step_;
  if (steps < 0 || steps > left) {
    throw InvalidArgument("the block has " + std::to_string(left) + " steps left, not " +
                          std::to_string(steps));
  }
  const auto expected = static_cast<std::size_t>(layout_.lanes() * steps);
  if (cells != expected) {
    throw InvalidArgument("these steps need " + std::to_string(expected) + " symbols, not " +
                          std::to_string(cells));
  }
}

TableInterval BlockEncoder::interval_for(std::span<const std::int32_t> weights,
                                         std::int32_t symbol) {
  check_symbol(symbol, vocabulary_);
  frequencies_from_weights(weights, frequencies_);
  return interval_of(frequencies_, static_cast<std::uint32_t>(symbol));
}

}  // namespace lmpack
