#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "lmpack/coder/frequencies.hpp"
#include "lmpack/coder/range_decoder.hpp"
#include "lmpack/coder/range_encoder.hpp"
#include "lmpack/error.hpp"
#include "test_support.hpp"

namespace lmpack {
namespace {

using testing::Bytes;
using testing::decode_all;
using testing::encode_all;
using testing::Random;
using testing::Symbols;
using testing::Table;

constexpr std::uint32_t kHalf = kFrequencyTotal / 2;

// Chooses symbols so that the encoder's interval keeps straddling the number 0.5: the bytes
// are 0x7F 0xFF 0xFF ..., until a symbol above 0.5 carries through all of them.
class Straddler {
 public:
  TableInterval around() { return narrow({position() - 1, 2}); }
  TableInterval below() const { return {0, position()}; }
  TableInterval above() const { return {position() + 1, kFrequencyTotal - position() - 1}; }

 private:
  // Largest position of a table whose bound is at or below 0.5.
  std::uint32_t position() const {
    const std::uint64_t behind = (std::uint64_t{distance_} + 1) << kFrequencyBits;
    return static_cast<std::uint32_t>((behind - 1) / range_);
  }

  TableInterval narrow(TableInterval interval) {
    const Subrange part = subrange(range_, interval);
    distance_ -= part.start;
    range_ = part.size;
    while (range_ < kSmallestRange) {
      distance_ <<= 8;
      range_ <<= 8;
    }
    return interval;
  }

  std::uint32_t range_ = kInitialRange;
  std::uint32_t distance_ = std::uint32_t{1} << (kRangeBits - 1);
};

// The stream of `depth` straddling symbols and a last one, and the check that it decodes.
Bytes straddling_stream(int depth, bool carry) {
  RangeEncoder encoder;
  std::vector<TableInterval> intervals;
  Straddler straddler;
  for (int i = 0; i < depth; ++i) intervals.push_back(straddler.around());
  intervals.push_back(carry ? straddler.above() : straddler.below());
  for (const TableInterval interval : intervals) encoder.encode(interval);
  const Bytes payload = encoder.finish();
  RangeDecoder decoder(payload);
  for (const TableInterval interval : intervals) {
    const std::uint32_t target = decoder.target();
    REQUIRE(target >= interval.cumulative);
    REQUIRE(target - interval.cumulative < interval.frequency);
    decoder.consume(interval);
  }
  decoder.finish();
  return payload;
}

TEST_CASE("symbols of every distribution come back") {
  Random random(3);
  for (int round = 0; round < 300; ++round) {
    const std::size_t vocabulary = 2 + random.below(300);
    const Table table = testing::table_of(random.odds(1, vocabulary));
    const Symbols symbols = random.symbols(random.below(100), vocabulary);
    CHECK(decode_all(table, encode_all(table, symbols), symbols.size()) == symbols);
  }
}

TEST_CASE("no symbols make no bytes") { CHECK(encode_all({kHalf, kHalf}, {}).empty()); }

TEST_CASE("a sure symbol costs almost nothing") {
  const Table table = testing::table_of(testing::Odds{(1 << kOddsBits) - 1, 0});
  CHECK(encode_all(table, Symbols(10000, 0)).empty());
}

TEST_CASE("a carry runs through a long row of 0xFF") {
  for (const int depth : {1, 2, 50, 1000}) {
    const Bytes payload = straddling_stream(depth, true);
    CHECK(payload.front() == 0x80);
    const auto zeros = std::find_if(payload.begin() + 1, payload.end(), [](int b) { return b; });
    CHECK(zeros - payload.begin() >= 2 * depth);
  }
}

TEST_CASE("a row of 0xFF without a carry stays") {
  for (const int depth : {1, 2, 50, 1000}) {
    const Bytes payload = straddling_stream(depth, false);
    CHECK(payload.front() == 0x7F);
    const auto row =
        std::find_if(payload.begin() + 1, payload.end(), [](int b) { return b != 255; });
    CHECK(row - payload.begin() >= 2 * depth);
  }
}

// Bytes as a key of a map.
std::string text_of(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

TEST_CASE("of all short payloads exactly those that the encoder writes are accepted") {
  const Table table = testing::table_of(testing::Odds{1000, 1, 70, 9});
  constexpr std::size_t kCount = 4;
  std::map<std::string, Symbols> written;
  for (std::int32_t code = 0; code < 256; ++code) {
    const Symbols symbols{code & 3, (code >> 2) & 3, (code >> 4) & 3, code >> 6};
    written[text_of(encode_all(table, symbols))] = symbols;
  }
  REQUIRE(written.size() == 256);
  std::size_t accepted = 0;
  std::set<std::size_t> lengths;
  for (std::uint32_t code = 0; code < 1 + 256 + 65536; ++code) {
    Bytes payload;
    if (code > 256) payload.push_back(static_cast<std::uint8_t>((code - 257) >> 8));
    if (code > 0) payload.push_back(static_cast<std::uint8_t>(code - 1));
    try {
      const Symbols symbols = decode_all(table, payload, kCount);
      REQUIRE(written.at(text_of(payload)) == symbols);
      lengths.insert(payload.size());
      ++accepted;
    } catch (const DamagedStream&) {
      REQUIRE(written.count(text_of(payload)) == 0);
    }
  }
  const auto is_short = [](const auto& entry) { return entry.first.size() <= 2; };
  CHECK(accepted == static_cast<std::size_t>(std::ranges::count_if(written, is_short)));
  CHECK(lengths == std::set<std::size_t>{0, 1, 2});
}

// Whether the payload gives the symbols and is taken for undamaged.
bool passes_as(const Table& table, const Bytes& payload, const Symbols& symbols) {
  try {
    return decode_all(table, payload, symbols.size()) == symbols;
  } catch (const DamagedStream&) {
    return false;
  }
}

TEST_CASE("no other ending passes for the symbols") {
  Random random(4);
  for (int round = 0; round < 40; ++round) {
    const Table table = testing::table_of(random.odds(1, 20));
    const Symbols symbols = random.symbols(1 + random.below(40), 20);
    const Bytes payload = encode_all(table, symbols);
    REQUIRE(passes_as(table, payload, symbols));
    for (int byte = 0; byte < 256; ++byte) {
      Bytes longer = payload;
      longer.push_back(static_cast<std::uint8_t>(byte));
      CHECK_FALSE(passes_as(table, longer, symbols));
      if (payload.empty() || byte == payload.back()) continue;
      Bytes changed = payload;
      changed.back() = static_cast<std::uint8_t>(byte);
      CHECK_FALSE(passes_as(table, changed, symbols));
    }
    for (std::size_t size = 0; size < payload.size(); ++size) {
      CHECK_FALSE(passes_as(table, Bytes(payload.begin(), payload.begin() + static_cast<int>(size)),
                            symbols));
    }
  }
}

TEST_CASE("a start outside of the first interval is refused") {
  CHECK_THROWS_AS(RangeDecoder({0xFF, 0xFF, 0xFF, 0xFF}), DamagedStream);
  CHECK_NOTHROW(RangeDecoder({0xFF, 0xFF, 0xFF, 0xFE}));
}

TEST_CASE("a payload that is too short is refused before its last symbol") {
  const Table table{kHalf, kHalf};
  RangeDecoder decoder(Bytes(4, 0x12));
  std::size_t bits = 0;
  const auto decode_many = [&] {
    for (; bits < 1000; ++bits) decoder.consume(find_symbol(table, decoder.target()).interval);
  };
  CHECK_THROWS_AS(decode_many(), DamagedStream);
  CHECK(bits < 50);
}

}  // namespace
}  // namespace lmpack
