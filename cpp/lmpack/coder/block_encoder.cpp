#include "lmpack/coder/block_encoder.hpp"

#include <string>

#include "lmpack/coder/frequencies.hpp"
#include "lmpack/error.hpp"

namespace lmpack {

BlockEncoder::BlockEncoder(BlockLayout layout, std::int64_t vocabulary) : cursor_(layout) {
  check_vocabulary(vocabulary);
  frequencies_.resize(static_cast<std::size_t>(vocabulary));
}

void BlockEncoder::encode(std::span<const std::int32_t> odds, std::span<const std::int32_t> symbols,
                          std::size_t steps) {
  check_sizes(symbols.size(), steps);
  if (odds.size() != symbols.size() * vocabulary()) {
    throw InvalidArgument(std::to_string(symbols.size()) + " symbols need " +
                          std::to_string(symbols.size() * vocabulary()) + " odds, not " +
                          std::to_string(odds.size()));
  }
  cursor_.advance(steps, [&](const Cell& cell) {
    const auto table = odds.subspan(cell.entry * vocabulary(), vocabulary());
    coder_.encode(interval_for(table, symbols[cell.entry]));
  });
}

void BlockEncoder::encode(std::span<const TableInterval> intervals, std::size_t steps) {
  check_sizes(intervals.size(), steps);
  cursor_.advance(steps, [&](const Cell& cell) { coder_.encode(intervals[cell.entry]); });
}

std::vector<std::uint8_t> BlockEncoder::finish() {
  std::vector<std::uint8_t> payload;
  cursor_.finish([&] { payload = coder_.finish(); });
  return payload;
}

void BlockEncoder::check_sizes(std::size_t symbols, std::size_t steps) const {
  cursor_.check(steps);
  const std::size_t expected = layout().lanes() * steps;
  if (symbols != expected) {
    throw InvalidArgument("these steps need " + std::to_string(expected) + " symbols, not " +
                          std::to_string(symbols));
  }
}

TableInterval BlockEncoder::interval_for(std::span<const std::int32_t> odds, std::int32_t symbol) {
  check_symbol(symbol, static_cast<std::int64_t>(vocabulary()));
  frequencies_from_odds(odds, frequencies_);
  return interval_of(frequencies_, static_cast<std::uint32_t>(symbol));
}

}  // namespace lmpack
