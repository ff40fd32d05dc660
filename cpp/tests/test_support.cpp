#include "test_support.hpp"

#include "lmpack/coder/frequencies.hpp"
#include "lmpack/coder/range_decoder.hpp"
#include "lmpack/coder/range_encoder.hpp"

namespace lmpack::testing {

Odds Random::odds(std::size_t tables, std::size_t vocabulary) {
  Odds odds(tables * vocabulary);
  for (std::size_t i = 0; i < odds.size(); ++i) {
    const bool first_of_table = i % vocabulary == 0;
    const std::uint32_t magnitude = std::uint32_t{1} << below(kOddsBits + 1);
    odds[i] = static_cast<std::int32_t>(below(magnitude) + (first_of_table ? 1 : 0));
    if (odds[i] == 1 << kOddsBits) --odds[i];
  }
  return odds;
}

Symbols Random::symbols(std::size_t count, std::size_t vocabulary) {
  Symbols symbols(count);
  for (std::int32_t& symbol : symbols) {
    symbol = static_cast<std::int32_t>(below(static_cast<std::uint32_t>(vocabulary)));
  }
  return symbols;
}

Table table_of(std::span<const std::int32_t> odds) {
  Table table(odds.size());
  frequencies_from_odds(odds, table);
  return table;
}

std::uint64_t digest(std::span<const std::uint8_t> bytes) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (const std::uint8_t byte : bytes) value = (value ^ byte) * 0x100000001b3;
  return value;
}

Bytes encode_all(const Table& table, const Symbols& symbols) {
  RangeEncoder encoder;
  for (const std::int32_t symbol : symbols) {
    encoder.encode(interval_of(table, static_cast<std::uint32_t>(symbol)));
  }
  return encoder.finish();
}

Symbols decode_all(const Table& table, const Bytes& payload, std::size_t count) {
  RangeDecoder decoder(payload);
  Symbols symbols(count);
  for (std::int32_t& symbol : symbols) {
    const FoundSymbol found = find_symbol(table, decoder.target());
    decoder.consume(found.interval);
    symbol = static_cast<std::int32_t>(found.symbol);
  }
  decoder.finish();
  return symbols;
}

}  // namespace lmpack::testing
