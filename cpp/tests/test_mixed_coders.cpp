#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "lmpack/error.hpp"
#include "lmpack/mixing/mixed_decoder.hpp"
#include "lmpack/mixing/mixed_encoder.hpp"
#include "test_support.hpp"

namespace lmpack {
namespace {

using testing::Bytes;
using testing::Odds;
using testing::Symbols;

constexpr std::size_t kVocabulary = 288;  // a model may know more than bytes

const BlockLayout kLayout(5, 3);  // lanes of three and of two bytes
const Bytes kPlain{'a', 'b', 'a', 'b', 'b'};

// Odds [lanes, steps, vocabulary] that differ from symbol to symbol.
Odds odds_of(std::size_t steps) {
  Odds odds(kLayout.lanes() * steps * kVocabulary);
  for (std::size_t i = 0; i < odds.size(); ++i) odds[i] = static_cast<std::int32_t>(i % 77);
  return odds;
}

// The row of odds_of(steps) that predicts a step of a lane.
Odds row_of(const Odds& odds, std::size_t lane, std::size_t step) {
  const auto begin =
      odds.begin() + static_cast<std::ptrdiff_t>(kLayout.index(lane, step) * kVocabulary);
  return {begin, begin + static_cast<std::ptrdiff_t>(kVocabulary)};
}

// As what one model gives.
std::vector<OddsRows> alone(const Odds& odds, std::size_t vocabulary = kVocabulary) {
  return {{odds, vocabulary}};
}

Bytes encode_all_steps(const Odds& odds) {
  MixedEncoder encoder(kPlain, kLayout, {}, 1);
  encoder.encode(alone(odds), kLayout.steps());
  return encoder.finish();
}

TEST_CASE("bytes come back with a model, and lanes that have ended give 0") {
  const Odds odds = odds_of(kLayout.steps());
  MixedDecoder decoder(encode_all_steps(odds), kLayout, {}, 1);
  for (std::size_t step = 0; step < kLayout.steps(); ++step) {
    Odds rows = row_of(odds, 0, step);
    const Odds second = row_of(odds, 1, step);
    rows.insert(rows.end(), second.begin(), second.end());
    Symbols bytes(2, -1);
    decoder.decode(alone(rows), bytes);
    CHECK(bytes == Symbols{kPlain[step], step < 2 ? kPlain[3 + step] : 0});
  }
  CHECK(decoder.finish() == kPlain);
}

TEST_CASE("a decoder looks at the odds of a lane when its turn comes, and tells its byte") {
  const Odds odds = odds_of(kLayout.steps());
  MixedDecoder decoder(encode_all_steps(odds), kLayout, {}, 1);
  Symbols told;
  for (std::size_t step = 0; step < kLayout.steps(); ++step) {
    Odds rows(2 * kVocabulary, -1);
    Symbols bytes(2);
    decoder.decode(alone(rows), bytes,
                   {[&](std::size_t lane) {
                      std::ranges::copy(
                          row_of(odds, lane, step),
                          rows.begin() + static_cast<std::ptrdiff_t>(lane * kVocabulary));
                    },
                    [&](std::size_t lane, std::uint8_t byte) {
                      CHECK(byte == kPlain[kLayout.index(lane, step)]);
                      told.push_back(static_cast<std::int32_t>(lane));
                    }});
  }
  CHECK(told == Symbols{0, 1, 0, 1, 0});
  CHECK(decoder.finish() == kPlain);
  MixedDecoder stopped(encode_all_steps(odds), kLayout, {}, 1);
  Symbols bytes(2);
  const LaneTurns throws{[](std::size_t) { throw std::runtime_error("enough"); }, {}};
  CHECK_THROWS_WITH(stopped.decode(alone(odds_of(1)), bytes, throws), "enough");
  CHECK_THROWS_AS(stopped.decode(alone(odds_of(1)), bytes), InvalidArgument);
}

TEST_CASE("pieces and paths give the bytes of whole tables") {
  const Odds odds = odds_of(kLayout.steps());
  std::vector<BytePath> paths(kLayout.lanes() * kLayout.steps());
  for (std::size_t i = 0; i < kPlain.size(); ++i) {
    const Odds row = row_of(odds, 0, i);
    paths[i] = path_of(std::span(row).first<kByteValues>(), kPlain[i]);
  }
  MixedEncoder encoder(kPlain, kLayout, {}, 1);
  encoder.encode(paths, kLayout.steps());
  CHECK(encoder.finish() == encode_all_steps(odds));
}

TEST_CASE("two models are mixed, in their order, and only two") {
  const Odds odds = odds_of(kLayout.steps());
  Odds others(odds.rbegin(), odds.rend());
  const std::vector<OddsRows> both{{odds, kVocabulary}, {others, kVocabulary}};
  const auto encoded = [&](std::span<const OddsRows> models) {
    MixedEncoder encoder(kPlain, kLayout, {}, models.size());
    encoder.encode(models, kLayout.steps());
    return encoder.finish();
  };
  const Bytes payload = encoded(both);
  MixedDecoder decoder(payload, kLayout, {}, 2);
  for (std::size_t step = 0; step < kLayout.steps(); ++step) {
    Odds first = row_of(odds, 0, step);
    Odds second = row_of(others, 0, step);
    const Odds first_of_lane = row_of(odds, 1, step);
    first.insert(first.end(), first_of_lane.begin(), first_of_lane.end());
    const Odds second_of_lane = row_of(others, 1, step);
    second.insert(second.end(), second_of_lane.begin(), second_of_lane.end());
    Symbols bytes(2);
    CHECK_THROWS_AS(decoder.decode(alone(first), bytes), InvalidArgument);
    const std::vector<OddsRows> rows{{first, kVocabulary}, {second, kVocabulary}};
    decoder.decode(rows, bytes);
  }
  CHECK(decoder.finish() == kPlain);
  const std::vector<OddsRows> turned{both[1], both[0]};
  CHECK(encoded(turned) != payload);
  CHECK_THROWS_AS(MixedEncoder(kPlain, kLayout, {}, 3), InvalidArgument);
}

TEST_CASE("what stands in lanes that have ended is ignored") {
  const Odds odds = odds_of(kLayout.steps());
  Odds changed = odds;
  for (std::size_t i = changed.size() - kVocabulary; i < changed.size(); ++i) changed[i] = -1;
  CHECK(encode_all_steps(changed) == encode_all_steps(odds));
}

TEST_CASE("mixed coders refuse what is out of turn or of another size") {
  MixedEncoder encoder(kPlain, kLayout, {}, 1);
  CHECK_THROWS_AS(encoder.finish(), InvalidArgument);
  CHECK_THROWS_AS(encoder.encode(alone(odds_of(2)), 1), InvalidArgument);
  CHECK_THROWS_AS(encoder.encode(alone(Odds(2 * 255), 255), 1), InvalidArgument);
  CHECK_THROWS_AS(encoder.encode(std::vector<BytePath>(3), 1), InvalidArgument);
  CHECK_THROWS_AS(encoder.encode(std::vector<BytePath>(8), 4), InvalidArgument);
  CHECK_THROWS_AS(encoder.encode(1), InvalidArgument);  // a model predicts
  encoder.encode(alone(odds_of(3)), 3);
  const Bytes payload = encoder.finish();
  CHECK_THROWS_AS(encoder.finish(), InvalidArgument);
  MixedDecoder decoder(payload, kLayout, {}, 1);
  Symbols bytes(2);
  Symbols three(3);
  CHECK_THROWS_AS(decoder.finish(), InvalidArgument);
  CHECK_THROWS_AS(decoder.decode(alone(odds_of(1)), three), InvalidArgument);
  CHECK_THROWS_AS(decoder.decode(alone(Odds(2 * 255), 255), bytes), InvalidArgument);
  CHECK_THROWS_AS(decoder.decode(), InvalidArgument);
}

TEST_CASE("without a model coders take none, and stop at the end") {
  MixedEncoder encoder(kPlain, kLayout, Mixing{});
  CHECK_THROWS_AS(encoder.encode(alone(odds_of(1)), 1), InvalidArgument);
  CHECK_THROWS_AS(encoder.encode(4), InvalidArgument);
  encoder.encode(3);
  MixedDecoder decoder(encoder.finish(), kLayout, Mixing{});
  Symbols bytes(2);
  CHECK_THROWS_AS(decoder.decode(alone(odds_of(1)), bytes), InvalidArgument);
  for (int step = 0; step < 3; ++step) decoder.decode();
  CHECK_THROWS_AS(decoder.decode(), InvalidArgument);
  CHECK(decoder.finish() == kPlain);
  CHECK_THROWS_AS(decoder.finish(), InvalidArgument);
}

TEST_CASE("mixed coders stop for good at bad odds or damage") {
  Odds bad = odds_of(1);
  bad[3] = 1 << 24;
  MixedEncoder encoder(kPlain, kLayout, {}, 1);
  CHECK_THROWS_AS(encoder.encode(alone(bad), 1), InvalidArgument);
  CHECK_THROWS_AS(encoder.encode(alone(odds_of(1)), 1), InvalidArgument);
  MixedDecoder decoder({}, kLayout, {}, 1);
  Symbols bytes(2);
  CHECK_THROWS_AS(decoder.decode(alone(bad), bytes), InvalidArgument);
  CHECK_THROWS_AS(decoder.decode(alone(odds_of(1)), bytes), InvalidArgument);
  MixedDecoder damaged({0x12, 0x34}, BlockLayout(1000, 1000), Mixing{});
  const auto decode_all = [&] {
    for (int step = 0; step < 1000; ++step) damaged.decode();
  };
  CHECK_THROWS_AS(decode_all(), DamagedStream);
  CHECK_THROWS_AS(damaged.decode(), InvalidArgument);
  MixedDecoder longer({0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC}, BlockLayout(1, 1), Mixing{});
  longer.decode();
  CHECK_THROWS_AS(longer.finish(), DamagedStream);
  CHECK_THROWS_AS(longer.finish(), InvalidArgument);
}

}  // namespace
}  // namespace lmpack
