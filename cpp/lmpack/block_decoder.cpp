#include "lmpack/block_decoder.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "lmpack/error.hpp"
#include "lmpack/frequencies.hpp"

namespace lmpack {

BlockDecoder::BlockDecoder(std::vector<std::uint8_t> payload, BlockLayout layout,
                           std::int64_t vocabulary)
    : layout_(layout), vocabulary_(vocabulary), coder_(std::move(payload)) {
  check_vocabulary(vocabulary);
  frequencies_.resize(static_cast<std::size_t>(vocabulary));
}

void BlockDecoder::decode(std::span<const std::int32_t> weights, std::span<std::int32_t> symbols) {
  check_sound();
  check_sizes(weights.size(), symbols.size());
  const auto vocabulary = static_cast<std::size_t>(vocabulary_);
  decode_step(symbols, [&](std::size_t lane) {
    frequencies_from_weights(weights.subspan(lane * vocabulary, vocabulary), frequencies_);
    return std::span<const std::uint32_t>(frequencies_);
  });
}

void BlockDecoder::decode(std::span<const std::uint32_t> frequencies,
                          std::span<std::int32_t> symbols) {
  check_sound();
  check_sizes(frequencies.size(), symbols.size());
  const auto vocabulary = static_cast<std::size_t>(vocabulary_);
  decode_step(symbols,
              [&](std::size_t lane) { return frequencies.subspan(lane * vocabulary, vocabulary); });
}

template <typename Table>
void BlockDecoder::decode_step(std::span<std::int32_t> symbols, const Table& table) {
  failed_ = true;
  std::ranges::fill(symbols, 0);
  const auto active = static_cast<std::size_t>(layout_.active_lanes(step_));
  for (std::size_t lane = 0; lane < active; ++lane) {
    const FoundSymbol found = find_symbol(table(lane), coder_.target());
    coder_.consume(found.interval);
    symbols[lane] = static_cast<std::int32_t>(found.symbol);
  }
  ++step_;
  failed_ = false;
}

void BlockDecoder::finish() const {
  check_sound();
  if (step_ != layout_.steps()) {
    throw InvalidArgument("the block can be finished after " + std::to_string(layout_.steps()) +
                          " steps, not after " + std::to_string(step_));
  }
  coder_.finish();
}

void BlockDecoder::check_sound() const {
  if (failed_) throw InvalidArgument("an earlier error stopped this block; start it anew");
}

void BlockDecoder::check_sizes(std::size_t entries, std::size_t symbols) const {
  if (step_ == layout_.steps()) {
    throw InvalidArgument("all " + std::to_string(step_) + " steps of the block are decoded");
  }
  const auto lanes = static_cast<std::size_t>(layout_.lanes());
  const std::size_t expected = lanes * static_cast<std::size_t>(vocabulary_);
  if (symbols != lanes || entries != expected) {
    throw InvalidArgument("a step needs " + std::to_string(expected) + " table entries for " +
                          std::to_string(lanes) + " symbols, not " + std::to_string(entries) +
                          " for " + std::to_string(symbols));
  }
}

}  // namespace lmpack
