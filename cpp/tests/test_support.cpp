#include "test_support.hpp"

#include "lmpack/frequencies.hpp"
#include "lmpack/range_decoder.hpp"
#include "lmpack/range_encoder.hpp"

namespace lmpack::testing {

Weights Random::weights(std::size_t tables, std::size_t vocabulary) {
  Weights weights(tables * vocabulary);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const bool first_of_table = i % vocabulary == 0;
    const std::uint32_t magnitude = std::uint32_t{1} << below(kWeightBits + 1);
    weights[i] = static_cast<std::int32_t>(below(magnitude) + (first_of_table ? 1 : 0));
    if (weights[i] == 1 << kWeightBits) --weights[i];
  }
  return weights;
}

Symbols Random::symbols(std::size_t count, std::size_t vocabulary) {
  Symbols symbols(count);
  for (std::int32_t& symbol : symbols) {
    symbol = static_cast<std::int32_t>(below(static_cast<std::uint32_t>(vocabulary)));
  }
  return symbols;
}

Table table_of(std::span<const std::int32_t> weights) {
  Table table(weights.size());
  frequencies_from_weights(weights, table);
  return table;
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
