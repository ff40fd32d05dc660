// A callback may end a call at any moment. What is used again then codes as before, or says that it
// cannot.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "block_codings.hpp"
#include "interruption.hpp"
#include "lmpack/engine/lockstep_lanes.hpp"
#include "lmpack/error.hpp"
#include "lmpack/filters/filter.hpp"
#include "random_engine.hpp"

namespace {

using namespace lmpack;
using tests::Bytes;
using tests::Interruption;
using tests::ThrowsAt;

const ModelShape kShape{256, 32, 1, 32, 32, {8}, true, {{2, 50, 0, 32}}};

// Enough lanes that a thread gets several pieces of work, enough steps that a piece fills the
// memory of a pass several times.
const BlockLayout kLayout(6 * 300 - 7, 300);
constexpr std::size_t kLanes = 6;
constexpr std::size_t kSteps = 150;

const Engine& engine() {
  static const Engine result = tests::random_engine(kShape, *available_kernels().front());
  return result;
}

// A model whose odds are all 0, as hostile factors make them: no coder can code with that.
Engine engine_without_odds() {
  ModelWeights weights = engine().weights();
  std::ranges::fill(weights.head.multiplier, -3.4e38F);
  return {std::move(weights), engine().kernels()};
}

std::vector<std::int32_t> symbols_of(std::size_t count) {
  std::vector<std::int32_t> symbols(count);
  for (std::size_t i = 0; i < count; ++i) symbols[i] = static_cast<std::int32_t>(i * 37 % 256);
  return symbols;
}

// The odds that a pass gives for some symbols, in the order in which it gives them.
std::vector<std::int32_t> odds_of(ForwardPass& pass, std::span<const std::int32_t> symbols) {
  Lane lane(kShape);
  std::vector<std::int32_t> all;
  pass.run(std::vector<LaneFeed>{{&lane, symbols}},
           [&](auto, auto, auto odds) { all.insert(all.end(), odds.begin(), odds.end()); });
  return all;
}

}  // namespace

TEST_CASE("progress may end a block of any kind at any call") {
  const Bytes plain = tests::some_bytes(kLayout.length());
  for (const auto& coding : tests::block_codings(engine(), kLayout)) {
    CAPTURE(coding.name);
    for (int threads = 1; threads <= (coding.has_model ? 2 : 1); ++threads) {
      ThreadTeam team(threads);
      ThrowsAt never(0);
      const Bytes payload = coding.encode(team, plain, [&](std::size_t) { never(); });
      for (std::size_t call = 1; call <= never.calls(); ++call) {
        ThrowsAt stop(call);
        const auto steps_done = [&](std::size_t) { stop(); };
        CHECK_THROWS_AS(coding.encode(team, plain, steps_done), Interruption);
        CHECK(stop.calls() == call);
      }
      for (std::size_t call = 1; call <= 5; ++call) {
        ThrowsAt stop(call);
        const auto steps_done = [&](std::size_t) { stop(); };
        CHECK_THROWS_AS(coding.decode(team, payload, steps_done), Interruption);
        CHECK(stop.calls() == call);
      }
      CHECK(coding.encode(team, plain, no_progress) == payload);
      CHECK(coding.decode(team, payload, no_progress) == plain);
    }
  }
}

TEST_CASE("progress may end a filter at any call") {
  const std::vector<std::pair<std::uint32_t, Bytes>> filters = {{kSamplesFilter, {2, 2, 2, 0, 0}},
                                                                {kSamplesFilter, {1, 0, 1, 99, 0}},
                                                                {kX86Filter, {64}},
                                                                {kArm64Filter, {}},
                                                                {kDeltaFilter, {4, 8}}};
  const Bytes bytes = tests::some_bytes(20'001);
  for (const auto& [id, parameters] : filters) {
    for (const auto transform : {filter_bytes, unfilter_bytes}) {
      ThrowsAt never(0);
      transform(bytes, id, parameters, [&](std::size_t) { never(); });
      CHECK(never.calls() == 3);
      for (std::size_t call = 1; call <= never.calls(); ++call) {
        ThrowsAt stop(call);
        CHECK_THROWS_AS(transform(bytes, id, parameters, [&](std::size_t) { stop(); }),
                        Interruption);
      }
    }
  }
}

TEST_CASE("a pass whose sink threw at any symbol codes other lanes as before") {
  ForwardPass pass(engine());
  const auto symbols = symbols_of(kSteps);
  const auto expected = odds_of(pass, symbols);
  for (std::size_t call = 1; call <= kSteps; ++call) {
    ThrowsAt stop(call);
    Lane lane(kShape);
    const std::vector<LaneFeed> feeds{{&lane, symbols}};
    CHECK_THROWS_AS(pass.run(feeds, [&](auto, auto, auto) { stop(); }), Interruption);
    CHECK(odds_of(pass, symbols) == expected);
  }
}

TEST_CASE("lanes whose sink threw at any symbol refuse further ones") {
  const auto symbols = symbols_of(kLanes * kSteps);
  const auto ignore = [](auto, auto, auto, auto) {};
  for (const int threads : {1, 2}) {
    ThreadTeam team(threads);
    const ThreadTeam::Lease lease(team);
    for (std::size_t call = 1; call <= symbols.size(); call += call < 70 ? 1 : 31) {
      ThrowsAt stop(call);
      LockstepLanes lanes(engine(), kLanes);
      CHECK_THROWS_AS(lanes.feed(symbols, kSteps, lease, [&](auto, auto, auto, auto) { stop(); }),
                      Interruption);
      CHECK_THROWS_WITH_AS(lanes.feed(symbols, kSteps, lease, ignore),
                           "an earlier error stopped these lanes: start again with new ones",
                           InvalidArgument);
    }
  }
}

TEST_CASE("lanes that refused symbols go on") {
  ThreadTeam team(1);
  const ThreadTeam::Lease lease(team);
  LockstepLanes lanes(engine(), 1);
  const auto ignore = [](auto, auto, auto, auto) {};
  CHECK_THROWS_AS(lanes.feed(std::vector<std::int32_t>{257}, 1, lease, ignore), InvalidArgument);
  lanes.feed(std::vector<std::int32_t>{256}, 1, lease, ignore);
}

TEST_CASE("odds that are all 0 end a block, and the team works on") {
  const Engine without_odds = engine_without_odds();
  const Bytes plain = tests::some_bytes(kLayout.length());
  for (const int threads : {1, 2}) {
    ThreadTeam team(threads);
    const Bytes payload = encode_block(engine(), team, plain, kLayout, no_progress);
    CHECK_THROWS_AS(encode_block(without_odds, team, plain, kLayout, no_progress), InvalidArgument);
    CHECK_THROWS_AS(decode_block(without_odds, team, payload, kLayout, no_progress),
                    InvalidArgument);
    // Mixing takes such odds as no opinion.
    const Bytes mixed = encode_mixed_block({&without_odds}, team, plain, kLayout, {}, no_progress);
    CHECK(decode_mixed_block({&without_odds}, team, mixed, kLayout, {}, no_progress) == plain);
    CHECK(encode_block(engine(), team, plain, kLayout, no_progress) == payload);
  }
}
