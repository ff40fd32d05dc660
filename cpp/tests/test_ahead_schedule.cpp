#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "lmpack/ahead/schedule.hpp"
#include "random_engine.hpp"

namespace {

using namespace lmpack;

// Plans of few and many tracks, pieces and chunks.
std::vector<AheadPlan> plans() {
  std::vector<AheadPlan> all;
  for (const std::size_t models : {1U, 2U}) {
    for (const std::size_t lanes : {1U, 2U, 5U}) {
      for (const std::size_t steps : {1U, 10U, 101U}) {
        for (const std::size_t pieces : {1U, 2U, 3U, 10U}) {
          for (const std::size_t window : {1U, 2U, 7U, 30U}) {
            const AheadPlan plan{models, lanes, lanes == 5 ? 2U : 1U, steps, 10, pieces, window, 0};
            if (pieces <= plan.chunks()) all.push_back(plan);
          }
        }
      }
    }
  }
  return all;
}

// Goes through a plan with as many workers as that, which end in random order, and checks all on
// the way. Returns how many runners began in the middle.
std::size_t go_through(const AheadPlan& plan, std::size_t workers, unsigned seed) {
  AheadSchedule schedule(plan);
  std::mt19937 random(seed);
  std::vector<AheadSchedule::Unit> at_work;
  std::set<std::pair<std::size_t, std::size_t>> done;  // tracks and chunks
  std::vector<std::size_t> next_of_runner(1000);
  std::size_t in_the_middle = 0;
  while (schedule.next() < plan.chunks()) {
    if (schedule.ready() && random() % 2 == 0) {
      for (std::size_t track = 0; track < plan.tracks(); ++track) {
        CHECK(done.contains({track, schedule.next()}));
      }
      schedule.coded();
      continue;
    }
    const bool wanted = schedule.wanted();
    if (at_work.size() < workers) {
      const auto unit = schedule.take();
      CHECK(unit.has_value() == wanted);
      if (unit) {
        CHECK(unit->chunk < schedule.next() + plan.window);
        if (!unit->first) CHECK(unit->chunk == next_of_runner[unit->runner]);
        in_the_middle += unit->first && unit->chunk > 0;
        next_of_runner[unit->runner] = unit->chunk + 1;
        for (const auto& other : at_work) CHECK(other.runner != unit->runner);
        at_work.push_back(*unit);
        continue;
      }
    }
    CHECK((schedule.ready() || !at_work.empty()));
    if (at_work.empty()) continue;
    std::swap(at_work[random() % at_work.size()], at_work.back());
    CHECK(done.emplace(at_work.back().track, at_work.back().chunk).second);
    schedule.finish(at_work.back());
    at_work.pop_back();
  }
  CHECK(done.size() == plan.tracks() * plan.chunks());
  CHECK(!schedule.wanted());
  CHECK(!schedule.ready());
  return in_the_middle;
}

}  // namespace

TEST_CASE("a schedule gives every chunk of every track once, within its window") {
  for (const AheadPlan& plan : plans()) {
    for (const std::size_t workers : {1U, 2U, 3U, 8U}) {
      const std::size_t most = plan.tracks() * (plan.pieces - 1);
      CHECK(go_through(plan, workers, static_cast<unsigned>(workers)) <= most);
    }
  }
}

TEST_CASE("a thread alone never begins in the middle") {
  for (const AheadPlan& plan : plans()) CHECK(go_through(plan, 1, 1) == 0);
}

TEST_CASE("threads begin in the middle where there are more than lanes") {
  const AheadPlan plan{1, 1, 1, 100, 10, 5, 10, 0};
  AheadSchedule schedule(plan);
  for (const std::size_t chunk : {0U, 2U, 4U}) {
    const auto unit = schedule.take();
    REQUIRE(unit.has_value());
    CHECK(unit->chunk == chunk);
    CHECK(unit->first);
  }
}

TEST_CASE("pieces begin at consecutive chunks and end with the block") {
  for (const AheadPlan& plan : plans()) {
    CHECK(plan.piece_begin(0) == 0);
    CHECK(plan.piece_begin(plan.pieces) == plan.chunks());
    for (std::size_t i = 0; i < plan.pieces; ++i) {
      CHECK(plan.piece_begin(i) < plan.piece_begin(i + 1));
    }
  }
}

TEST_CASE("plans fit blocks of all sizes") {
  const ModelShape shape{256, 32, 1, 32, 32, {600, 50}, true, {}};
  const Engine engine = tests::random_engine(shape, *available_kernels().front());
  for (const std::int64_t length : {1, 255, 256, 257, 5000, 1'000'000}) {
    for (const std::int64_t lane_length : {length, (length + 1) / 2, (length + 999) / 1000}) {
      const BlockLayout layout(length, lane_length);
      for (const std::size_t threads : {1U, 2U, 8U, 1000U}) {
        const AheadPlan plan = plan_ahead({&engine, &engine}, layout, threads);
        CHECK(plan.tracks_a_model() * plan.lanes_a_track >= layout.lanes());
        CHECK(plan.pieces >= 1);
        CHECK(plan.pieces <= plan.chunks());
        CHECK(plan.window >= 2);
        CHECK(plan.helpers <= threads - 1);
        // What waits for the coder stays small.
        const std::size_t cells = std::min(plan.window, plan.chunks()) * plan.chunk * plan.lanes;
        CHECK(cells <= std::max<std::size_t>(2 * plan.chunk * plan.lanes, 200'000 * threads));
        if (threads == 1) CHECK(plan.pieces == 1);
      }
    }
  }
}
