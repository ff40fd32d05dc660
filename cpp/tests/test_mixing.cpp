#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "lmpack/error.hpp"
#include "lmpack/mixed_block_codec.hpp"
#include "lmpack/mixing/adaptive_block.hpp"
#include "lmpack/mixing/bit_history.hpp"
#include "lmpack/mixing/byte_path.hpp"
#include "lmpack/mixing/logistic.hpp"
#include "random_engine.hpp"
#include "test_support.hpp"

namespace {

using namespace lmpack;
using testing::digest;

using Bytes = std::vector<std::uint8_t>;

const ModelShape kShape{256, 32, 1, 32, 32, {8}, true, {{2, 50, 0, 32}}};

Bytes text(std::size_t size) {
  Bytes bytes;
  for (int i = 0; bytes.size() < size; ++i) {
    const std::string line = "Line " + std::to_string(i * 7919 % 1000) + " of a text; more text.\n";
    bytes.insert(bytes.end(), line.begin(), line.end());
  }
  bytes.resize(size);
  return bytes;
}

// Lines with fields that are drawn.
Bytes entries(std::size_t size) {
  std::mt19937 random(1);
  const auto drawn = [&](std::uint32_t limit) { return std::to_string(random() % limit); };
  Bytes bytes;
  while (bytes.size() < size) {
    const std::string line = "{\"name\": \"n" + drawn(90) + "\", \"size\": " + drawn(100000) +
                             ", \"kind\": [" + drawn(3) + ", " + drawn(9) + "]},\n";
    bytes.insert(bytes.end(), line.begin(), line.end());
  }
  bytes.resize(size);
  return bytes;
}

Bytes noise(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random() >> 24);
  return bytes;
}

// Rows of 24 bytes that change slowly from one to the next.
Bytes table(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t row = i / 24;
    bytes[i] = static_cast<std::uint8_t>((i % 24) * 37 + row / (i % 5 + 3));
  }
  return bytes;
}

BlockLayout layout_of(std::size_t size, std::int64_t lane_length) {
  return {static_cast<std::int64_t>(size), lane_length};
}

constexpr Predictor kPredictors[] = {Predictor::kLight, Predictor::kFull, Predictor::kStrong};

Bytes encode(const Bytes& plain, std::int64_t lane_length, Mixing mixing = {}) {
  return encode_adaptive_block(plain, layout_of(plain.size(), lane_length), mixing, no_progress);
}

Bytes decode(const Bytes& payload, std::size_t size, std::int64_t lane_length, Mixing mixing = {}) {
  return decode_adaptive_block(payload, layout_of(size, lane_length), mixing, no_progress);
}

}  // namespace

TEST_CASE("squash is the logistic function, to 1 % of the smaller probability") {
  const Logistic& tables = logistic();
  for (int logit = -kLargestLogit; logit <= kLargestLogit; ++logit) {
    const double exact = 65536 / (1 + std::exp(-static_cast<double>(logit) / kLogitUnit));
    const double smaller = std::min(exact, 65536 - exact);
    CHECK(std::abs(tables.squash(logit) - exact) <= 0.01 * smaller + 1);
    CHECK(tables.squash(logit) + tables.squash(-logit) == 65536);
    if (logit > -kLargestLogit) CHECK(tables.squash(logit) >= tables.squash(logit - 1));
  }
  CHECK(tables.squash(1 << 20) == tables.squash(kLargestLogit));
  CHECK(tables.squash(-(1 << 20)) >= 1);
}

TEST_CASE("stretch undoes squash") {
  const Logistic& tables = logistic();
  for (Probability p = 1; p <= kCertain; ++p) {
    CHECK(tables.stretch(p) == -tables.stretch(65536 - p));
    const auto back = static_cast<int>(tables.squash(tables.stretch(p)));
    const auto given = static_cast<int>(p);
    CHECK(std::abs(back - given) <= std::min(given, 65536 - given) / 100 + 16);
    CHECK(std::abs(tables.stretch_coarsely(p) - tables.stretch(p)) <=
          (p < 256 || p > 65279 ? 900 : 20));
  }
  CHECK(tables.stretch(kHalf) == 0);
}

TEST_CASE("states know whether they have seen one kind of bits only") {
  const StateTable& states = state_table();
  CHECK(states.certainties()[0] == 0);
  for (const std::uint32_t bit : {0U, 1U}) {
    BitHistory state = 0;
    for (int i = 0; i < 60; ++i) {
      state = states.next(state, bit);
      CHECK(states.certainties()[state] == (bit == 0 ? 2 : 1));
      CHECK(states.nexts()[2 * state + bit] == states.next(state, bit));
    }
    CHECK(states.certainties()[states.next(state, 1 - bit)] == 0);
  }
}

TEST_CASE("bit histories lean to what they have seen") {
  const StateTable& states = state_table();
  for (const std::uint32_t bit : {0U, 1U}) {
    BitHistory state = 0;
    for (int i = 0; i < 60; ++i) state = states.next(state, bit);
    CHECK(states.next(state, bit) == state);
    const Probability sure = states.first_guess(state);
    CHECK((bit != 0 ? sure > 64000 : sure < 1500));
    const Probability doubtful = states.first_guess(states.next(state, 1 - bit));
    CHECK((bit != 0 ? doubtful < sure : doubtful > sure));
  }
  CHECK(states.first_guess(0) == kHalf);
}

TEST_CASE("the bits of a byte have the probabilities of its distribution") {
  std::vector<std::int32_t> odds(256, 0);
  odds['a'] = 3 << 20;
  odds['b'] = 1 << 20;
  const std::span<const std::int32_t, 256> all(odds.data(), 256);
  const BytePath path = path_of(all, 'a');
  for (int i = 0; i < 8; ++i) {
    // a is 01100001, b is 01100010: they part at the last but one bit.
    const Probability expected = i == 6 ? 65536 / 4 : i == 7 || i == 1 || i == 2 ? kCertain : 1;
    CHECK(path[static_cast<std::size_t>(i)] == expected);
  }
  odds.assign(256, 0);
  for (const std::uint16_t p : path_of(all, 0x5A)) CHECK(p == kHalf);
  odds.assign(256, (1 << 24) - 1);
  for (const std::uint16_t p : path_of(all, 0x5A)) CHECK(p == kHalf);
}

TEST_CASE("blocks come back, whatever the data, lanes and kind") {
  for (const std::size_t size : {1U, 2U, 9U, 1200U}) {
    for (const Bytes& plain : {text(size), noise(size), table(size), Bytes(size, 0)}) {
      for (const std::size_t lanes : {1U, 2U, 5U}) {
        const auto lane_length = static_cast<std::int64_t>((size + lanes - 1) / lanes);
        for (const std::uint32_t stride : {0U, 1U, 4096U}) {
          for (const Predictor predictor : kPredictors) {
            const Bytes payload = encode(plain, lane_length, {stride, predictor});
            CHECK(decode(payload, size, lane_length, {stride, predictor}) == plain);
          }
        }
      }
    }
  }
}

TEST_CASE("a model helps, and threads make no difference") {
  const Engine engine = tests::random_engine(kShape, *available_kernels().front());
  const Bytes plain = text(4000);
  const BlockLayout layout = layout_of(plain.size(), 500);
  ThreadTeam alone(1);
  const Bytes payload = encode_mixed_block({&engine}, alone, plain, layout, {}, no_progress);
  CHECK(payload != encode(plain, 500));
  for (const int threads : {1, 2, 3}) {
    ThreadTeam team(threads);
    CHECK(encode_mixed_block({&engine}, team, plain, layout, {}, no_progress) == payload);
    CHECK(decode_mixed_block({&engine}, team, payload, layout, {}, no_progress) == plain);
  }
}

TEST_CASE("two models are not one of them, and threads make no difference") {
  const Engine engine = tests::random_engine(kShape, *available_kernels().front());
  const Engine other = tests::random_engine({288, 32, 1, 32, 32, {8}, true, {{2, 50, 0, 32}}},
                                            *available_kernels().front());
  const Bytes plain = text(1500);
  for (const std::int64_t lane_length : {1500, 400}) {
    const BlockLayout layout = layout_of(plain.size(), lane_length);
    ThreadTeam alone(1);
    const Models both{&engine, &other};
    const Bytes payload = encode_mixed_block(both, alone, plain, layout, {}, no_progress);
    for (const Models& models : {Models{&engine}, Models{&other}, Models{&other, &engine}}) {
      CHECK(encode_mixed_block(models, alone, plain, layout, {}, no_progress) != payload);
    }
    for (const int threads : {1, 2, 3}) {
      ThreadTeam team(threads);
      CHECK(encode_mixed_block(both, team, plain, layout, {}, no_progress) == payload);
      CHECK(decode_mixed_block(both, team, payload, layout, {}, no_progress) == plain);
    }
  }
}

TEST_CASE("what repeats costs little, in any lane, and noise hardly more than itself") {
  Bytes twice = noise(8000);
  twice.insert(twice.end(), twice.begin(), twice.begin() + 8000);
  for (const Predictor predictor : kPredictors) {
    CHECK(encode(twice, 16000, {0, predictor}).size() < 8000 + 8000 / 20);
    CHECK(encode(noise(20000), 20000, {0, predictor}).size() < 20000 + 20000 / 50);
    CHECK(encode(Bytes(20000, 7), 5000, {0, predictor}).size() < 120);
  }
  CHECK(encode(table(20000), 20000, {24}).size() < encode(table(20000), 20000).size());
}

TEST_CASE("what a predictor does more is worth its time") {
  const Bytes plain = entries(20000);
  const std::size_t light = encode(plain, 20000, {0, Predictor::kLight}).size();
  CHECK(encode(plain, 20000, {0, Predictor::kFull}).size() < light);
}

TEST_CASE("the streams are the same with every compiler and on every processor") {
  for (const Predictor predictor : kPredictors) {
    const auto number = static_cast<std::size_t>(predictor) - 1;
    constexpr std::uint64_t kText[] = {0xaadef21ed78d538d, 0x657167d4ab6b7c4f, 0xc85a7f2ec41cb57f};
    constexpr std::uint64_t kTable[] = {0x62bd6c58f88337e5, 0x7612657e1e8dc57a, 0xc784e9520890aeed};
    constexpr std::uint64_t kNoise[] = {0xde863f93e0e55773, 0x4d050bb9982687dd, 0x1ac0c04c8882f2a5};
    CHECK(digest(encode(text(20000), 5000, {0, predictor})) == kText[number]);
    CHECK(digest(encode(table(20000), 20000, {24, predictor})) == kTable[number]);
    CHECK(digest(encode(noise(3000), 700, {0, predictor})) == kNoise[number]);
  }
}

TEST_CASE("a payload is that of one block only") {
  const Bytes plain = text(3000);
  const Bytes payload = encode(plain, 1000);
  const auto decodes_to_plain = [&](const Bytes& damaged) {
    try {
      const Bytes back = decode(damaged, plain.size(), 1000);
      CHECK(encode(back, 1000) == damaged);
      return back == plain;
    } catch (const DamagedStream&) {
      return false;
    }
  };
  CHECK(decodes_to_plain(payload));
  CHECK_FALSE(decodes_to_plain(Bytes(payload.begin(), payload.end() - 1)));
  CHECK_FALSE(decodes_to_plain({}));
  CHECK_FALSE(decodes_to_plain(noise(40)));
  Bytes longer = payload;
  longer.push_back(0);
  CHECK_FALSE(decodes_to_plain(longer));
  for (std::size_t i = 0; i < payload.size(); i += 29) {
    Bytes flipped = payload;
    flipped[i] ^= 16;
    CHECK_FALSE(decodes_to_plain(flipped));
  }
}

TEST_CASE("a block of another size is refused") {
  CHECK_THROWS_AS(encode_adaptive_block(Bytes(10), BlockLayout(11, 11), {}, no_progress),
                  InvalidArgument);
}
