#include "lmpack/coder/block_decoder.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "lmpack/coder/frequencies.hpp"
#include "lmpack/error.hpp"

namespace lmpack {

BlockDecoder::BlockDecoder(std::vector<std::uint8_t> payload, BlockLayout layout,
                           std::int64_t vocabulary)
    : cursor_(layout), coder_(std::move(payload)) {
  check_vocabulary(vocabulary);
  frequencies_.resize(static_cast<std::size_t>(vocabulary));
}

void BlockDecoder::decode(std::span<const std::int32_t> odds, std::span<std::int32_t> symbols) {
  check_sizes(odds.size(), symbols.size());
  decode_step(symbols, [&](std::size_t lane) {
    frequencies_from_odds(odds.subspan(lane * vocabulary(), vocabulary()), frequencies_);
    return std::span<const std::uint32_t>(frequencies_);
  });
}

void BlockDecoder::decode(std::span<const std::uint32_t> frequencies,
                          std::span<std::int32_t> symbols) {
  check_sizes(frequencies.size(), symbols.size());
  decode_step(symbols, [&](std::size_t lane) {
    return frequencies.subspan(lane * vocabulary(), vocabulary());
  });
}

template <typename Table>
void BlockDecoder::decode_step(std::span<std::int32_t> symbols, const Table& table) {
  std::ranges::fill(symbols, 0);
  cursor_.advance(1, [&](const Cell& cell) {
    const FoundSymbol found = find_symbol(table(cell.lane), coder_.target());
    coder_.consume(found.interval);
    symbols[cell.lane] = static_cast<std::int32_t>(found.symbol);
  });
}

void BlockDecoder::finish() {
  cursor_.finish([&] { coder_.finish(); });
}

void BlockDecoder::check_sizes(std::size_t entries, std::size_t symbols) const {
  cursor_.check(1);
  const std::size_t lanes = layout().lanes();
  const std::size_t expected = lanes * vocabulary();
  if (symbols != lanes || entries != expected) {
    throw InvalidArgument("a step needs " + std::to_string(expected) + " table entries for " +
                          std::to_string(lanes) + " symbols, not " + std::to_string(entries) +
                          " for " + std::to_string(symbols));
  }
}

}  // namespace lmpack
