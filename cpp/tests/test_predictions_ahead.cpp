// What runs ahead of the coder gives the integers of the serial pass, however it is cut.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "block_codings.hpp"
#include "interruption.hpp"
#include "lmpack/ahead/predictions_ahead.hpp"
#include "random_engine.hpp"

namespace {

using namespace lmpack;
using tests::Bytes;
using tests::Interruption;
using tests::ThrowsAt;

// A window of one position, a history that is longer than some blocks.
const ModelShape kShape{256, 32, 1, 32, 32, {9, 1, 21}, true, {{12, 50, 0, 32}}};
const ModelShape kOther{256, 32, 1, 32, 32, {5}, true, {}};

const Engine& engine(bool other = false) {
  static const Engine first = tests::random_engine(kShape, *available_kernels().front());
  static const Engine second = tests::random_engine(kOther, *available_kernels().front(), 2);
  return other ? second : first;
}

using Odds = std::vector<std::int32_t>;

// The odds of a lane for all its steps, in one go.
std::vector<Odds> serial_odds(const Engine& model, const Bytes& plain) {
  std::vector<std::int32_t> symbols{model.shape().start_symbol()};
  symbols.insert(symbols.end(), plain.begin(), plain.end() - 1);
  Lane lane(model.shape());
  std::vector<Odds> all;
  ForwardPass(model).run(std::vector<LaneFeed>{{&lane, symbols}}, [&](auto, auto, auto odds) {
    all.emplace_back(odds.begin(), odds.end());
  });
  return all;
}

// Keeps what is predicted by model and place in the block, and checks in what order it comes.
class Collector final : public ChunkCoder {
 public:
  Collector(BlockLayout layout, const AheadPlan& plan)
      : odds(plan.models, std::vector<Odds>(layout.length())), layout_(layout), plan_(plan) {}

  void open(std::size_t chunk) override {
    CHECK(chunk >= coded_);
    CHECK(chunk < coded_ + plan_.window);
  }

  void predicted(std::size_t, std::size_t model, std::size_t chunk, const Cell& cell,
                 std::span<const std::int32_t> row) override {
    ++at_work;
    const std::size_t steps = std::min(plan_.chunk, plan_.steps - chunk * plan_.chunk);
    const std::size_t step = cell.entry - cell.lane * steps;
    if (layout_.index(cell.lane, chunk * plan_.chunk + step) != cell.index) wrong_place = true;
    odds[model][cell.index].assign(row.begin(), row.end());
    on_predicted();
    --at_work;
  }

  void code(std::size_t chunk, std::size_t steps) override {
    CHECK(chunk == coded_);
    for (std::size_t step = 0; step < steps; ++step) {
      for (std::size_t lane = 0; lane < layout_.active_lanes(chunk * plan_.chunk + step); ++lane) {
        const std::size_t index = layout_.index(lane, chunk * plan_.chunk + step);
        for (const auto& of_model : odds) CHECK(!of_model[index].empty());
      }
    }
    on_code();
  }

  void close(std::size_t chunk) override { CHECK(chunk == coded_++); }

  std::vector<std::vector<Odds>> odds;
  std::function<void()> on_predicted = [] {};
  std::function<void()> on_code = [] {};
  std::atomic<int> at_work = 0;
  std::atomic<bool> wrong_place = false;

 private:
  BlockLayout layout_;
  AheadPlan plan_;
  std::size_t coded_ = 0;
};

}  // namespace

TEST_CASE("a lane that is warmed up predicts as one fed from the start") {
  const Bytes plain = tests::some_bytes(80);
  const BlockLayout layout(80, 80);
  const auto expected = serial_odds(engine(), plain);
  REQUIRE(kShape.warm_up() == 28);
  for (std::size_t first = 0; first < plain.size(); ++first) {
    ForwardPass pass(engine());
    LaneRunner runner(engine(), plain, layout, 0, 1, first);
    for (std::size_t begin = first; begin < plain.size();) {
      const std::size_t count = std::min<std::size_t>(50, plain.size() - begin);
      runner.predict(pass, count, [&](std::size_t lane, std::size_t step, auto odds) {
        CHECK(lane == 0);
        CHECK(step >= begin);
        CHECK(std::ranges::equal(odds, expected[step]));
      });
      begin += count;
    }
  }
}

TEST_CASE("pieces, chunks, windows and threads make no difference") {
  for (const auto& [length, lane_length] : std::vector<std::pair<std::int64_t, std::int64_t>>{
           {1, 1}, {20, 20}, {69, 69}, {70, 70}, {71, 71}, {81, 41}, {100, 15}, {40, 1}}) {
    const Bytes plain = tests::some_bytes(static_cast<std::size_t>(length));
    const BlockLayout layout(length, lane_length);
    const Models models{&engine(), &engine(true)};
    std::vector<std::vector<Odds>> expected(2);
    for (std::size_t model = 0; model < 2; ++model) {
      for (std::size_t lane = 0; lane < layout.lanes(); ++lane) {
        const auto first = plain.begin() + static_cast<std::ptrdiff_t>(layout.index(lane, 0));
        const Bytes bytes(first, first + static_cast<std::ptrdiff_t>(layout.length_of(lane)));
        for (auto& odds : serial_odds(*models[model], bytes)) expected[model].push_back(odds);
      }
    }
    for (const std::size_t pieces : {1U, 2U, 7U}) {
      for (const std::size_t window : {1U, 4U}) {
        AheadPlan plan{2, layout.lanes(), 1, layout.steps(), 5, 1, window, 7};
        if (layout.lanes() > 4) plan.lanes_a_track = 3;
        plan.pieces = std::min(pieces, plan.chunks());
        for (const int threads : {1, 2, 8}) {
          ThreadTeam team(threads);
          const ThreadTeam::Lease lease(team);
          Collector collector(layout, plan);
          PredictionsAhead(models, lease, plan, plain, layout, collector).run();
          CHECK(collector.odds == expected);
          CHECK(!collector.wrong_place);
        }
      }
    }
  }
}

TEST_CASE("whoever throws ends what runs ahead, and no thread goes on") {
  const Bytes plain = tests::some_bytes(150);
  const BlockLayout layout(150, 150);
  const Models models{&engine()};
  const AheadPlan plan{1, 1, 1, 150, 10, 6, 10, 3};
  for (const int threads : {1, 2, 4}) {
    ThreadTeam team(threads);
    for (std::size_t call = 1; call <= plan.chunks(); ++call) {
      for (const bool while_coding : {false, true}) {
        ThrowsAt stop(call);
        const ThreadTeam::Lease lease(team);
        Collector collector(layout, plan);
        (while_coding ? collector.on_code : collector.on_predicted) = [&] { stop(); };
        PredictionsAhead ahead(models, lease, plan, plain, layout, collector);
        CHECK_THROWS_AS(ahead.run(), Interruption);
        // Who threw in the middle is still counted.
        CHECK(collector.at_work == (while_coding ? 0 : 1));
      }
    }
    const ThreadTeam::Lease lease(team);
    Collector collector(layout, plan);
    PredictionsAhead(models, lease, plan, plain, layout, collector).run();
    CHECK(collector.odds.front() == serial_odds(engine(), plain));
  }
}

TEST_CASE("a coder that is slow keeps all threads within the window") {
  const Bytes plain = tests::some_bytes(400);
  const BlockLayout layout(400, 400);
  const AheadPlan plan{1, 1, 1, 400, 5, 10, 9, 3};
  ThreadTeam team(4);
  const ThreadTeam::Lease lease(team);
  Collector collector(layout, plan);
  collector.on_code = [] { std::this_thread::sleep_for(std::chrono::microseconds(300)); };
  PredictionsAhead({&engine()}, lease, plan, plain, layout, collector).run();
  CHECK(collector.odds.front() == serial_odds(engine(), plain));
}
