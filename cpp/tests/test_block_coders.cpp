#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmpack/coder/block_decoder.hpp"
#include "lmpack/coder/block_encoder.hpp"
#include "lmpack/error.hpp"
#include "test_support.hpp"

namespace lmpack {
namespace {

using testing::Bytes;
using testing::Odds;
using testing::Random;
using testing::Symbols;

// A block with one table of odds for each cell: [lane][step].
struct Block {
  BlockLayout layout;
  std::size_t vocabulary;
  Symbols symbols;
  Odds odds;

  Block(Random& random, std::int64_t length, std::int64_t lane_length, std::size_t vocabulary_)
      : layout(length, lane_length), vocabulary(vocabulary_) {
    const std::size_t cells = layout.lanes() * layout.steps();
    symbols = random.symbols(cells, vocabulary);
    odds = random.odds(cells, vocabulary);
  }

  // Tables [lane][step] of the steps first .. first + count - 1.
  Odds odds_of(std::size_t first, std::size_t count) const {
    Odds part;
    for (std::size_t lane = 0; lane < layout.lanes(); ++lane) {
      const auto begin =
          odds.begin() + static_cast<std::ptrdiff_t>(layout.index(lane, first) * vocabulary);
      part.insert(part.end(), begin, begin + static_cast<std::ptrdiff_t>(count * vocabulary));
    }
    return part;
  }

  Symbols symbols_of(std::size_t first, std::size_t count) const {
    Symbols part;
    for (std::size_t lane = 0; lane < layout.lanes(); ++lane) {
      const auto begin = symbols.begin() + static_cast<std::ptrdiff_t>(layout.index(lane, first));
      part.insert(part.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
    }
    return part;
  }
};

// Payload of the block, coded in pieces of `piece` steps.
Bytes encode(const Block& block, std::size_t piece) {
  BlockEncoder encoder(block.layout, static_cast<std::int64_t>(block.vocabulary));
  for (std::size_t step = 0; step < block.layout.steps(); step += piece) {
    const std::size_t count = std::min(piece, block.layout.steps() - step);
    encoder.encode(block.odds_of(step, count), block.symbols_of(step, count), count);
  }
  return encoder.finish();
}

void check_decoding(const Block& block, const Bytes& payload) {
  BlockDecoder decoder(payload, block.layout, static_cast<std::int64_t>(block.vocabulary));
  for (std::size_t step = 0; step < block.layout.steps(); ++step) {
    Symbols expected = block.symbols_of(step, 1);
    std::fill(expected.begin() + static_cast<std::ptrdiff_t>(block.layout.active_lanes(step)),
              expected.end(), 0);
    Symbols decoded(expected.size(), -1);
    decoder.decode(block.odds_of(step, 1), decoded);
    CHECK(decoded == expected);
  }
  decoder.finish();
}

TEST_CASE("blocks of every cut come back, however they are encoded piece by piece") {
  Random random(7);
  for (const std::int64_t length : {1, 2, 7, 24, 25}) {
    for (std::int64_t lane_length = 1; lane_length <= length; ++lane_length) {
      const Block block(random, length, lane_length, 2 + random.below(40));
      const Bytes payload = encode(block, block.layout.steps());
      CHECK(encode(block, 1) == payload);
      CHECK(encode(block, 3) == payload);
      check_decoding(block, payload);
    }
  }
}

TEST_CASE("the smallest and the largest vocabulary work") {
  Random random(8);
  for (const std::size_t vocabulary : {2u, 65536u}) {
    const Block block(random, 11, 4, vocabulary);
    check_decoding(block, encode(block, 4));
  }
}

TEST_CASE("what stands in lanes that have ended is ignored") {
  Random random(9);
  Block block(random, 5, 3, 4);
  const Bytes payload = encode(block, 3);
  const std::size_t ended = block.layout.index(1, 2);
  block.symbols[ended] = -99;
  std::fill_n(block.odds.begin() + static_cast<std::ptrdiff_t>(ended * 4), 4, -1);
  CHECK(encode(block, 3) == payload);
}

TEST_CASE("a vocabulary out of range is refused") {
  for (const std::int64_t vocabulary : {std::int64_t{-1}, std::int64_t{1}, std::int64_t{65537}}) {
    CHECK_THROWS_AS(BlockEncoder(BlockLayout(1, 1), vocabulary), InvalidArgument);
    CHECK_THROWS_AS(BlockDecoder({}, BlockLayout(1, 1), vocabulary), InvalidArgument);
  }
}

TEST_CASE("the encoder refuses what is out of turn or of another size") {
  BlockEncoder encoder(BlockLayout(4, 2), 2);
  const Odds step_odds(4, 1);
  const Symbols step_symbols(2, 0);
  CHECK_THROWS_AS(encoder.finish(), InvalidArgument);
  CHECK_THROWS_AS(encoder.encode(step_odds, Symbols(3, 0), 1), InvalidArgument);
  CHECK_THROWS_AS(encoder.encode(Odds(5, 1), step_symbols, 1), InvalidArgument);
  CHECK_THROWS_AS(encoder.encode(Odds(12, 1), Symbols(6, 0), 3), InvalidArgument);
  encoder.encode(step_odds, step_symbols, 1);
  encoder.encode(step_odds, step_symbols, 1);
  CHECK_THROWS_AS(encoder.encode(step_odds, step_symbols, 1), InvalidArgument);
  CHECK(encoder.finish().size() <= 1);
  CHECK_THROWS_AS(encoder.finish(), InvalidArgument);
  CHECK_THROWS_AS(encoder.encode({}, {}, 0), InvalidArgument);
}

TEST_CASE("the encoder stops for good at a bad value") {
  for (const std::int32_t symbol : {-1, 2}) {
    BlockEncoder encoder(BlockLayout(1, 1), 2);
    CHECK_THROWS_AS(encoder.encode(Odds{1, 1}, Symbols{symbol}, 1), InvalidArgument);
    CHECK_THROWS_AS(encoder.encode(Odds{1, 1}, Symbols{0}, 1), InvalidArgument);
  }
  BlockEncoder encoder(BlockLayout(1, 1), 2);
  CHECK_THROWS_AS(encoder.encode(Odds{0, 0}, Symbols{0}, 1), InvalidArgument);
  CHECK_THROWS_AS(encoder.finish(), InvalidArgument);
}

TEST_CASE("the decoder refuses what is out of turn or of another size") {
  BlockDecoder decoder({}, BlockLayout(4, 2), 2);
  Symbols symbols(2);
  Symbols three(3);
  CHECK_THROWS_AS(decoder.finish(), InvalidArgument);
  CHECK_THROWS_AS(decoder.decode(Odds(4, 1), three), InvalidArgument);
  CHECK_THROWS_AS(decoder.decode(Odds(5, 1), symbols), InvalidArgument);
  decoder.decode(Odds(4, 1), symbols);
  decoder.decode(Odds(4, 1), symbols);
  CHECK(symbols == Symbols{0, 0});
  CHECK_THROWS_AS(decoder.decode(Odds(4, 1), symbols), InvalidArgument);
  CHECK_NOTHROW(decoder.finish());
}

TEST_CASE("the decoder stops for good at a bad value or damage") {
  Symbols symbols(1);
  BlockDecoder bad_odds({}, BlockLayout(1, 1), 2);
  CHECK_THROWS_AS(bad_odds.decode(Odds{0, 0}, symbols), InvalidArgument);
  CHECK_THROWS_AS(bad_odds.decode(Odds{1, 1}, symbols), InvalidArgument);
  BlockDecoder damaged({}, BlockLayout(1, 1), 65536);
  Odds sure_other(65536, 0);
  sure_other[1] = 1;
  CHECK_THROWS_AS(damaged.decode(sure_other, symbols), DamagedStream);
  CHECK_THROWS_AS(damaged.finish(), InvalidArgument);
}

}  // namespace
}  // namespace lmpack
