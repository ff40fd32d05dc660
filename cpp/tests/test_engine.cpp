#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "lmpack/engine/lockstep_lanes.hpp"
#include "lmpack/error.hpp"
#include "random_engine.hpp"

namespace {

using namespace lmpack;

constexpr std::size_t kLanes = 5;
constexpr std::size_t kSteps = 70;
const ModelShape kShape{64, 64,      3,    32,
                        96, {9, 21}, true, {{2, 50, 0, 64}, {ContextTable::kWord, 70, 32, 32}}};

std::int32_t symbol_at(std::size_t lane, std::size_t step) {
  return static_cast<std::int32_t>((lane + 1) * step * 7 % 64);
}

// Odds of all lanes and steps, fed `piece` steps at a time.
std::vector<std::int32_t> odds_of(const Kernels& kernels, std::size_t piece, std::int64_t threads) {
  const Engine engine = tests::random_engine(kShape, kernels);
  ThreadTeam team(threads);
  const ThreadTeam::Lease lease(team);
  LockstepLanes batch(engine, kLanes);
  std::vector<std::int32_t> all(kLanes * kSteps * kShape.vocabulary);
  for (std::size_t first = 0; first < kSteps; first += piece) {
    const std::size_t steps = std::min(piece, kSteps - first);
    std::vector<std::int32_t> symbols;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      for (std::size_t i = 0; i < steps; ++i) symbols.push_back(symbol_at(lane, first + i));
    }
    batch.feed(symbols, steps, lease, [&](auto, std::size_t lane, std::size_t step, auto odds) {
      const std::size_t cell = lane * kSteps + first + step;
      std::ranges::copy(odds, all.data() + cell * kShape.vocabulary);
    });
  }
  return all;
}

}  // namespace

TEST_CASE("kernels, pieces and threads make no difference") {
  const auto expected = odds_of(*available_kernels().back(), kSteps, 1);
  CHECK(std::ranges::max(expected) > std::ranges::min(expected));
  for (const Kernels* kernels : available_kernels()) {
    CAPTURE(kernels->name);
    // Each size with some numbers of threads, one of them with all.
    for (const auto& [piece, threads] : std::vector<std::pair<std::size_t, int>>{
             {1, 1}, {1, 3}, {13, 1}, {13, 2}, {13, 3}, {64, 2}, {70, 3}}) {
      CHECK(odds_of(*kernels, piece, threads) == expected);
    }
  }
}

TEST_CASE("the integers are the same on every kind of processor") {
  // FNV-1a over the odds as bytes, the lowest first; computed on x86-64 and on AArch64.
  std::uint64_t digest = 0xcbf29ce484222325;
  for (const std::int32_t value : odds_of(*available_kernels().front(), kSteps, 1)) {
    for (int shift = 0; shift < 32; shift += 8) {
      digest ^= static_cast<std::uint32_t>(value) >> shift & 255;
      digest *= 0x100000001b3;
    }
  }
  CHECK(digest == 0x30fccbaba5273844);
}

TEST_CASE("lanes at different positions share a pass") {
  const Engine engine = tests::random_engine(kShape, *available_kernels().front());
  const auto expected = odds_of(engine.kernels(), kSteps, 1);
  std::vector<Lane> lanes(kLanes, Lane(kShape));
  std::vector<std::size_t> done(kLanes);
  ForwardPass pass(engine);
  while (std::ranges::min(done) < kSteps) {
    std::vector<std::vector<std::int32_t>> symbols(kLanes);
    std::vector<LaneFeed> feeds;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::size_t steps = std::min(kSteps - done[lane], 3 * lane + 1);
      for (std::size_t i = 0; i < steps; ++i) {
        symbols[lane].push_back(symbol_at(lane, done[lane] + i));
      }
      feeds.push_back({&lanes[lane], symbols[lane]});
    }
    pass.run(feeds, [&](std::size_t lane, std::size_t step, auto odds) {
      const std::size_t cell = lane * kSteps + done[lane] + step;
      CHECK(std::ranges::equal(
          odds, std::span(expected).subspan(cell * kShape.vocabulary, kShape.vocabulary)));
    });
    for (std::size_t lane = 0; lane < kLanes; ++lane) done[lane] += symbols[lane].size();
  }
}

TEST_CASE("a thread that becomes free in the middle of a call takes part") {
  const Engine engine = tests::random_engine(kShape, *available_kernels().front());
  ThreadTeam team(3);
  const ThreadTeam::Lease lease(team);
  // Two helpers are there before a second caller takes the place of one.
  lease.run(3, [](std::size_t, std::size_t) {});
  auto other = std::make_unique<ThreadTeam::Lease>(team);
  constexpr std::size_t kMany = 60;
  LockstepLanes batch(engine, kMany);
  std::atomic<bool> first = true;
  std::atomic<std::size_t> rows = 0;
  batch.feed(std::vector<std::int32_t>(kMany * kSteps), kSteps, lease,
             [&](std::size_t, std::size_t, std::size_t, auto) {
               ++rows;
               if (!first.exchange(false)) return;
               other.reset();
               std::this_thread::sleep_for(std::chrono::milliseconds(20));
             });
  CHECK(rows == kMany * kSteps);
}

TEST_CASE("a pass that is left after any of its steps goes on in another one") {
  const Engine engine = tests::random_engine(kShape, *available_kernels().front());
  // Two lanes, one of which is fed more than one symbol at a time.
  const auto odds_with = [&](std::size_t stop) {
    std::vector<Lane> lanes(2, Lane(kShape));
    ForwardPass first(engine);
    ForwardPass second(engine);
    ForwardPass::Rest rest;
    std::vector<std::int32_t> all;
    const auto sink = [&](auto, auto, std::span<const std::int32_t> odds) {
      all.insert(all.end(), odds.begin(), odds.end());
    };
    for (std::size_t step = 0; step < kSteps; ++step) {
      const std::vector<std::int32_t> symbols{symbol_at(0, step), symbol_at(1, step),
                                              symbol_at(2, step)};
      const std::vector<LaneFeed> feeds{{&lanes[0], std::span(symbols).first(1)},
                                        {&lanes[1], std::span(symbols).last(2)}};
      if (stop == 0) {
        first.run(feeds, sink);
        continue;
      }
      first.start(feeds);
      std::size_t done = 1;
      while (done < stop && first.advance()) ++done;
      first.leave(rest);
      // Meanwhile the first pass does something else.
      Lane other(kShape);
      const std::vector<LaneFeed> one{{&other, std::span(symbols).first(1)}};
      std::size_t rows = 0;
      first.run(one, [&](auto...) { ++rows; });
      REQUIRE(rows == 1);
      second.resume(rest);
      second.finish(sink);
    }
    return all;
  };
  const auto expected = odds_with(0);
  CHECK(expected.size() == 3 * kSteps * kShape.vocabulary);
  // Before the first of two steps for each layer, and before the head.
  for (std::size_t stop = 1; stop <= 1 + 2 * kShape.layers(); ++stop) {
    CHECK(odds_with(stop) == expected);
  }
}

TEST_CASE("shapes that the engine cannot run are refused before any tensor is read") {
  const auto load = [](auto change) {
    ModelShape shape = kShape;
    change(shape);
    const auto fail = [](auto, auto) { throw std::logic_error("nothing may be read"); };
    return load_weights(shape, {[&](const std::string& name, std::size_t size) {
                                  fail(name, size);
                                  return std::span<const std::int8_t>{};
                                },
                                [&](const std::string& name, std::size_t size) {
                                  fail(name, size);
                                  return std::span<const float>{};
                                }});
  };
  CHECK_THROWS_AS(load([](ModelShape&) {}), std::logic_error);
  const std::vector<std::function<void(ModelShape&)>> changes{
      [](ModelShape& shape) { shape.vocabulary = 0; },
      [](ModelShape& shape) { shape.vocabulary = 65568; },
      [](ModelShape& shape) { shape.width = 63; },
      [](ModelShape& shape) { shape.width = std::size_t{1} << 62; },
      [](ModelShape& shape) { shape.hidden = 0; },
      [](ModelShape& shape) { shape.head_width = 2080; },
      [](ModelShape& shape) { shape.heads = 0; },
      [](ModelShape& shape) { shape.heads = 2049; },
      [](ModelShape& shape) { shape.windows = {}; },
      [](ModelShape& shape) { shape.windows = {9, 0}; },
      [](ModelShape& shape) { shape.windows = {1025}; },
      [](ModelShape& shape) { shape.tables[0].order = 1; },
      [](ModelShape& shape) { shape.tables[0].order = 33; },
      [](ModelShape& shape) { shape.tables[0].rows = 0; },
      [](ModelShape& shape) { shape.tables[0].rows = (1U << 24) + 1; },
      [](ModelShape& shape) { shape.tables[0].width = 96; },
      [](ModelShape& shape) { shape.tables[1].channel = 64; },
      [](ModelShape& shape) { shape.tables[1].channel = 16; },
  };
  for (const auto& change : changes) CHECK_THROWS_AS(load(change), InvalidArgument);
}

TEST_CASE("wrong symbols are refused before anything is fed") {
  const ModelShape shape{32, 32, 1, 32, 32, {4}, false, {}};
  const Engine engine = tests::random_engine(shape, *available_kernels().front());
  ThreadTeam team(1);
  const ThreadTeam::Lease lease(team);
  LockstepLanes batch(engine, 2);
  const auto fail = [](auto, auto, auto, auto) { FAIL("nothing may be predicted"); };
  CHECK_THROWS_AS(batch.feed(std::vector<std::int32_t>(3), 1, lease, fail), InvalidArgument);
  CHECK_THROWS_AS(batch.feed(std::vector<std::int32_t>{0, 33}, 1, lease, fail), InvalidArgument);
  CHECK_THROWS_AS(batch.feed(std::vector<std::int32_t>{-1, 0}, 1, lease, fail), InvalidArgument);
}

TEST_CASE("a lane that drops symbols goes on as if they had never come") {
  const Engine engine = tests::random_engine(kShape, *available_kernels().front());
  ForwardPass pass(engine);
  std::vector<std::int32_t> odds;
  const auto feed = [&](Lane& lane, const std::vector<std::int32_t>& symbols) {
    const std::vector<LaneFeed> feeds{{&lane, symbols}};
    pass.run(feeds, [&](auto, auto, auto row) { odds.assign(row.begin(), row.end()); });
    return odds;
  };
  for (std::size_t wrong = 1; wrong <= kMostDropped; ++wrong) {
    Lane straight(engine.shape());
    Lane guessing(engine.shape());
    // Several turns of every ring.
    for (std::size_t step = 0; step < 150; ++step) {
      const std::int32_t symbol = symbol_at(3, step);
      std::vector<std::int32_t> symbols{symbol};
      for (std::size_t i = 0; i < wrong; ++i) {
        symbols.push_back(static_cast<std::int32_t>((step * 31 + i * 17) % 64));
      }
      feed(guessing, symbols);
      guessing.drop(wrong);
      REQUIRE(guessing.position == step + 1);
      // The next symbol alone, now and then, so that drops of all sizes follow one another.
      if (step % 5 == 0) {
        const std::int32_t next = symbol_at(3, ++step);
        feed(straight, {symbol});
        CHECK(feed(guessing, {next}) == feed(straight, {next}));
      } else {
        feed(straight, {symbol});
      }
    }
    CHECK(feed(guessing, {1}) == feed(straight, {1}));
  }
}

TEST_CASE("odds fill an array of lanes and steps, which must have their size") {
  const Engine engine = tests::random_engine(kShape, *available_kernels().front());
  ThreadTeam team(2);
  const ThreadTeam::Lease lease(team);
  std::vector<std::int32_t> symbols;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    for (std::size_t step = 0; step < kSteps; ++step) symbols.push_back(symbol_at(lane, step));
  }
  std::vector<std::int32_t> odds(symbols.size() * kShape.vocabulary);
  LockstepLanes(engine, kLanes).feed(symbols, kSteps, lease, odds);
  CHECK(odds == odds_of(engine.kernels(), kSteps, 1));
  odds.pop_back();
  CHECK_THROWS_AS(LockstepLanes(engine, kLanes).feed(symbols, kSteps, lease, odds),
                  InvalidArgument);
  CHECK_THROWS_AS(LockstepLanes(engine, 0), InvalidArgument);
}
