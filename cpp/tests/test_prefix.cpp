// Blocks behind a prefix: mixing and models go on from what they have learned of it.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "interruption.hpp"
#include "lmpack/ahead/lane_runner.hpp"
#include "lmpack/error.hpp"
#include "lmpack/mixed_block_codec.hpp"
#include "lmpack/mixing/adaptive_block.hpp"
#include "lmpack/prefix.hpp"
#include "random_engine.hpp"
#include "test_support.hpp"

namespace {

using namespace lmpack;
using testing::Bytes;
using testing::Random;
using tests::Interruption;
using tests::ThrowsAt;

const ModelShape kShape{256, 32, 1, 32, 32, {8, 5}, true, {{4, 50, 0, 32}}};

constexpr Predictor kPredictors[] = {Predictor::kLight, Predictor::kFull, Predictor::kStrong};

const Engine& engine() {
  static const Engine result = tests::random_engine(kShape, *available_kernels().front());
  return result;
}

// Lines that differ by their number, from one on.
Bytes lines(std::size_t size, int first) {
  Bytes bytes;
  for (int i = first; bytes.size() < size; ++i) {
    const std::string line = "{\"id\": " + std::to_string(i * 7919 % 1000) + ", \"name\": \"n" +
                             std::to_string(i % 7) + "\"}\n";
    bytes.insert(bytes.end(), line.begin(), line.end());
  }
  bytes.resize(size);
  return bytes;
}

Bytes joined(Bytes bytes, const Bytes& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
  return bytes;
}

// The probabilities of the bits of a block, step by step, with what drawn models say.
std::vector<Probability> probabilities(ContextMixer& mixer, const Bytes& plain, BlockLayout layout,
                                       Random& random) {
  std::vector<Probability> all;
  for (std::size_t step = 0; step < layout.steps(); ++step) {
    for (std::size_t lane = 0; lane < layout.active_lanes(step); ++lane) {
      mixer.start_byte(lane);
      const std::uint8_t byte = plain[layout.index(lane, step)];
      for (int bit = 7; bit >= 0; --bit) {
        const std::vector<Probability> said(mixer.models(), 1 + random.below(kCertain));
        all.push_back(mixer.predict(said));
        mixer.update(byte >> bit & 1U);
      }
      mixer.finish_byte();
    }
  }
  return all;
}

Bytes encoded(const Bytes& plain, BlockLayout layout, Mixing mixing, Prefix& prefix) {
  return encode_adaptive_block(plain, layout, mixing, no_progress, &prefix.mixers());
}

Bytes decoded(const Bytes& payload, BlockLayout layout, Mixing mixing, Prefix& prefix) {
  return decode_adaptive_block(payload, layout, mixing, no_progress, &prefix.mixers());
}

}  // namespace

TEST_CASE("behind a prefix a lane is mixed as if it were one with it, again and again") {
  const Bytes before = lines(1500, 0), plain = lines(400, 50);
  const Bytes all = joined(before, plain);
  const BlockLayout layout(400, 400), before_layout(1500, 1500), all_layout(1900, 1900);
  for (const Predictor predictor : kPredictors) {
    for (const std::uint32_t stride : {0U, 29U}) {
      for (const std::size_t models : {0U, 1U}) {
        Random random(1);
        const Mixing mixing{stride, predictor};
        ContextMixer whole(all, all_layout, mixing, models);
        std::vector<Probability> expected = probabilities(whole, all, all_layout, random);
        expected.erase(expected.begin(), expected.begin() + 8 * 1500);

        Random again(1);
        ContextMixer mixer(before, before_layout, mixing, models, 1900);
        probabilities(mixer, before, before_layout, again);
        mixer.become_prefix();
        ContextMixer follower(mixer);
        follower.follow(mixer);
        for (int round = 0; round < 3; ++round) {
          Random behind = again;
          follower.go_on(plain, layout);
          CHECK(probabilities(follower, plain, layout, behind) == expected);
          follower.undo();
        }
      }
    }
  }
}

TEST_CASE("all lanes start behind the prefix, and what one has seen helps the others") {
  const Bytes before = lines(900, 0);
  const Bytes once = lines(300, 50);
  const BlockLayout three(900, 300);
  for (const Predictor predictor : kPredictors) {
    Prefix prefix(before);
    const Mixing mixing{0, predictor};
    const Bytes thrice = joined(joined(once, once), once);
    const Bytes payload = encoded(thrice, three, mixing, prefix);
    CHECK(decoded(payload, three, mixing, prefix) == thrice);
    // The other two lanes cost little, as each is the first one over again.
    const Bytes alone = encoded(once, BlockLayout(300, 300), mixing, prefix);
    CHECK(payload.size() < 2 * alone.size());
  }
}

TEST_CASE("a mixer that is used again codes as a new one, whatever happened to it") {
  const Bytes before = lines(4000, 0);
  for (const Predictor predictor : kPredictors) {
    const Mixing mixing{0, predictor};
    Prefix used(before);
    for (std::size_t i = 0; i < 40; ++i) {
      const Bytes plain = lines(40 + 13 * i, static_cast<int>(100 * i));
      const auto size = static_cast<std::int64_t>(plain.size());
      const BlockLayout layout(size, (size + i % 3) / (1 + i % 3));
      const Bytes payload = encoded(plain, layout, mixing, used);
      CHECK(decoded(payload, layout, mixing, used) == plain);
      if (i % 8 != 0) continue;
      Prefix fresh(before);
      CHECK(encoded(plain, layout, mixing, fresh) == payload);
      // It is given up in the middle, and gets bytes that are no payload.
      ThrowsAt stop(1);
      CHECK_THROWS_AS(encode_adaptive_block(
                          plain, layout, mixing, [&](std::size_t) { stop(); }, &used.mixers()),
                      Interruption);
      CHECK_THROWS_AS(decoded(Bytes(2000, 90), layout, mixing, used), DamagedStream);
    }
  }
}

TEST_CASE("to learn a prefix may be given up, and is begun again") {
  const Bytes before = lines(1000, 0), plain = lines(100, 50);
  const BlockLayout layout(100, 100);
  Prefix prefix(before), other(before);
  ThrowsAt stop(2);
  CHECK_THROWS_AS(encode_adaptive_block(
                      plain, layout, {}, [&](std::size_t) { stop(); }, &prefix.mixers()),
                  Interruption);
  CHECK(encoded(plain, layout, {}, prefix) == encoded(plain, layout, {}, other));
}

TEST_CASE("several block threads share a prefix") {
  const Bytes before = lines(2000, 0);
  const BlockLayout layout(300, 300);
  Prefix alone(before), shared(before);
  std::vector<Bytes> plain, payloads;
  for (int i = 0; i < 8; ++i) {
    plain.push_back(lines(300, 30 * i));
    payloads.push_back(encoded(plain.back(), layout, {}, alone));
  }
  std::atomic<std::size_t> wrong = 0;
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::size_t i = thread; i < thread + 8; ++i) {
        const Bytes payload = encoded(plain[i % 8], layout, {}, shared);
        if (payload != payloads[i % 8]) ++wrong;
        if (decoded(payload, layout, {}, shared) != plain[i % 8]) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("blocks of any length go on from a prefix of any length") {
  for (const std::size_t length : {1U, 2U, 17U, 5000U}) {
    Prefix prefix(lines(length, 0));
    for (const std::int64_t size : {1, 5, 300, 4097, 6000}) {
      const Bytes plain = lines(static_cast<std::size_t>(size), 3);
      const BlockLayout layout(size, (size + 1) / 2);
      CHECK(decoded(encoded(plain, layout, {}, prefix), layout, {}, prefix) == plain);
    }
  }
  CHECK_THROWS_AS(Prefix({}), InvalidArgument);
}

TEST_CASE("a model predicts behind a prefix as in one lane with it") {
  const Bytes before = lines(50, 0), plain = lines(60, 9);
  const Bytes all = joined(before, plain);
  const auto odds_of = [](LaneRunner& runner, std::size_t steps) {
    ForwardPass pass(engine());
    std::vector<std::int32_t> all_odds;
    runner.predict(pass, steps, [&](std::size_t, std::size_t, auto odds) {
      all_odds.insert(all_odds.end(), odds.begin(), odds.end());
    });
    return all_odds;
  };
  for (const std::size_t length : {1U, 2U, 3U, 20U, 50U}) {
    const Bytes last(before.end() - static_cast<std::ptrdiff_t>(length), before.end());
    const Bytes together = joined(last, plain);
    LaneRunner whole(engine(), together, BlockLayout::of_one_lane(together.size()), 0, 1, 0);
    const std::vector<std::int32_t> expected = odds_of(whole, together.size());
    Prefix prefix(last);
    const LanesBefore lanes = prefix.lanes({&engine()});
    // From its start on, and from where fewer symbols than are looked at stand before.
    for (const std::size_t step : {0U, 1U, 12U, 30U}) {
      LaneRunner runner(engine(), plain, BlockLayout(60, 60), 0, 1, step, lanes);
      const std::vector<std::int32_t> odds = odds_of(runner, 60 - step);
      CHECK(std::ranges::equal(odds, std::span(expected).subspan((length + step) * 256)));
    }
  }
}

TEST_CASE("blocks of models go on from a prefix with any number of threads") {
  const Bytes before = lines(700, 0), plain = lines(500, 40);
  const Models models[] = {{&engine()}, {&engine(), &engine()}};
  for (const Models& some : models) {
    for (const std::int64_t lane_length : {500, 120}) {
      const BlockLayout layout(500, lane_length);
      Bytes payload;
      Prefix prefix(before);
      for (const int threads : {1, 2}) {
        ThreadTeam team(threads);
        const Bytes now = encode_mixed_block(some, team, plain, layout, {}, no_progress, &prefix);
        if (payload.empty()) payload = now;
        CHECK(now == payload);
        CHECK(decode_mixed_block(some, team, payload, layout, {}, no_progress, &prefix) == plain);
      }
      ThreadTeam team(1);
      CHECK(payload.size() < encode_mixed_block(some, team, plain, layout, {}, no_progress).size());
    }
  }
}

TEST_CASE("a prefix keeps few kinds of mixers, and makes those again that it has dropped") {
  const Bytes plain = lines(50, 9);
  const BlockLayout layout(50, 50);
  Prefix prefix(lines(300, 0));
  std::vector<Bytes> payloads;
  constexpr std::uint32_t kKinds = PrimedMixers::kMostKinds + 2;
  for (std::uint32_t i = 0; i < 2 * kKinds; ++i) {
    std::size_t calls = 0;
    const Bytes payload = encode_adaptive_block(
        plain, layout, {i % kKinds, Predictor::kLight}, [&](std::size_t) { ++calls; },
        &prefix.mixers());
    CHECK(calls == 3);  // the prefix is learned in two pieces, the block is coded in one
    if (i >= kKinds) CHECK(payload == payloads[i - kKinds]);
    payloads.push_back(payload);
  }
}
