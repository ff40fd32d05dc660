// Lanes that are handed over while others are decoded are predicted as they would be alone.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <thread>
#include <tuple>
#include <vector>

#include "block_codings.hpp"
#include "interruption.hpp"
#include "lmpack/steps/step_predictions.hpp"
#include "random_engine.hpp"

namespace {

using namespace lmpack;
using tests::Interruption;
using tests::ThrowsAt;

const ModelShape kShape{256, 32, 1, 32, 32, {8}, true, {{2, 50, 0, 32}}};

// Beyond any cost of a pass.
constexpr float kWhateverItCosts = 1000;

const Engine& engine() {
  static const Engine result = tests::random_engine(kShape, *available_kernels().front());
  return result;
}

// Decodes a block whose symbols follow from the odds, so that one wrong number changes all that
// comes after. Returns its symbols. meanwhile(): called before each symbol.
std::vector<std::int32_t> decoded(
    const Models& models, ThreadTeam& team, BlockLayout layout, StepPlan plan,
    const std::function<void()>& meanwhile = [] {}, const std::function<void()>& in_sink = [] {}) {
  const ThreadTeam::Lease lease(team);
  StepPredictions predictions(models, lease, layout, plan);
  std::vector<std::vector<std::int32_t>> odds(models.size() * layout.lanes());
  std::vector<std::int32_t> symbols(layout.length());
  const auto decode = [&] {
    for (std::size_t step = 0; step < layout.steps(); ++step) {
      for (std::size_t lane = 0; lane < layout.active_lanes(step); ++lane) {
        meanwhile();
        predictions.await(lane);
        std::uint32_t sum = static_cast<std::uint32_t>(lane);
        for (std::size_t model = 0; model < models.size(); ++model) {
          for (const std::int32_t value : odds[model * layout.lanes() + lane]) {
            sum = sum * 31 + static_cast<std::uint32_t>(value);
          }
        }
        const auto symbol = static_cast<std::int32_t>((sum ^ sum >> 16) % 256);
        symbols[layout.index(lane, step)] = symbol;
        predictions.set(lane, symbol);
      }
    }
  };
  predictions.run(decode, [&](std::size_t model, std::size_t lane, auto row) {
    in_sink();
    odds[model * layout.lanes() + lane].assign(row.begin(), row.end());
  });
  return symbols;
}

using std::chrono::milliseconds;

// Goes through a trial with windows of such lengths. Returns whether helpers are to take part.
bool trial_of(HelpTrial& trial, milliseconds with, milliseconds without) {
  bool helped = true;
  do {
    helped = trial.next(helped ? with : without);
  } while (trial.trying());
  return helped;
}

// How long the outcome is kept, with windows of such a length.
milliseconds kept_for(HelpTrial& trial, milliseconds window, bool helped) {
  milliseconds time(0);
  for (bool next = helped; !trial.trying(); next = trial.next(window)) {
    CHECK(next == helped);
    time += window;
  }
  return time;
}

}  // namespace

TEST_CASE("parts and helpers make no difference") {
  for (const BlockLayout layout : {BlockLayout(1, 1), BlockLayout(60, 60), BlockLayout(119, 60),
                                   BlockLayout(70, 69), BlockLayout(200, 40)}) {
    for (const Models& models : {Models{&engine()}, Models{&engine(), &engine()}}) {
      ThreadTeam alone(1);
      const auto expected = decoded(models, alone, layout, {1, 0});
      for (std::size_t parts = 1; parts <= layout.lanes(); ++parts) {
        for (const std::size_t threads : {1U, 2U, 3U, 8U}) {
          ThreadTeam team(static_cast<std::int64_t>(threads));
          CHECK(decoded(models, team, layout, {parts, threads - 1}) == expected);
          // A plan for helpers that never come.
          if (threads == 1) CHECK(decoded(models, team, layout, {parts, 5}) == expected);
        }
      }
    }
  }
}

TEST_CASE("helpers take part where they make it faster") {
  for (const auto& [with, without, kept] : {std::tuple{80, 100, true},
                                            {96, 100, false},
                                            {120, 100, false},
                                            {8, 10, true},
                                            {10, 10, false}}) {
    HelpTrial trial;
    // Windows with helpers for 10 ms, then seven that count and seven without.
    for (int time = 0; time < 10; time += with) CHECK(trial.next(milliseconds(with)));
    for (int i = 1; i < 7; ++i) CHECK(trial.next(milliseconds(i == 4 ? 1000 : with)));
    CHECK(trial.trying());
    CHECK_FALSE(trial.next(milliseconds(with)));
    for (int i = 1; i < 7; ++i) CHECK_FALSE(trial.next(milliseconds(i == 3 ? 1 : without)));
    CHECK(trial.next(milliseconds(without)) == kept);
    CHECK_FALSE(trial.trying());
    // What is faster is kept for a while, then it begins again.
    const int faster = kept ? with : without;
    const int windows = ((kept ? 4000 : 1000) + faster - 1) / faster;
    for (int i = 1; i < windows; ++i) REQUIRE(trial.next(milliseconds(faster)) == kept);
    CHECK(trial.next(milliseconds(faster)));
    CHECK(trial.trying());
  }
}

TEST_CASE("helpers that keep losing are tried less and less often") {
  HelpTrial trial;
  for (const int rest : {1, 2, 4, 8, 16, 32, 32}) {
    CHECK(trial_of(trial, milliseconds(12), milliseconds(10)) == false);
    CHECK(kept_for(trial, milliseconds(10), false) == std::chrono::seconds(rest));
  }
  // Once they have won for a whole while, they may lose again as often.
  CHECK(trial_of(trial, milliseconds(8), milliseconds(10)));
  CHECK(kept_for(trial, milliseconds(8), true) == std::chrono::seconds(4));
  CHECK(trial_of(trial, milliseconds(12), milliseconds(10)) == false);
  CHECK(kept_for(trial, milliseconds(10), false) == std::chrono::seconds(1));
}

TEST_CASE("helpers that do not pay any more leave before the while is over") {
  HelpTrial trial;
  CHECK(trial_of(trial, milliseconds(8), milliseconds(10)));
  // Mostly fast, but some windows take so long that all of them are slower.
  int windows = 1;
  while (trial.next(milliseconds(windows % 8 == 0 ? 100 : 8))) ++windows;
  CHECK(windows == 32);
  CHECK_FALSE(trial.trying());
  CHECK(kept_for(trial, milliseconds(10), false) == std::chrono::seconds(1));
}

TEST_CASE("guesses make no difference, right or wrong, however many") {
  // Around the turns of rings and the ends of blocks; two lanes guess nothing.
  for (const BlockLayout layout :
       {BlockLayout(1, 1), BlockLayout(2, 2), BlockLayout(3, 3), BlockLayout(9, 9),
        BlockLayout(40, 40), BlockLayout(257, 257), BlockLayout(99, 50)}) {
    for (const Models& models : {Models{&engine()}, Models{&engine(), &engine()}}) {
      ThreadTeam alone(1);
      const auto nothing = [](auto) { return std::size_t{0}; };
      const auto expected = decoded(models, alone, layout, {1, 0, nothing});
      // A guess is wrong if its place is a multiple of `wrong`.
      for (const std::size_t wrong : {1U, 2U, 3U, 1000U}) {
        for (const std::size_t most : {1U, 4U, 7U}) {
          for (const std::size_t threads : {1U, 3U}) {
            std::size_t decoded_symbols = 0;
            std::size_t guessed = 0;
            const Guesser guesser = [&](std::span<Guess> guesses) {
              const std::size_t count = std::min(guesses.size(), most);
              REQUIRE(decoded_symbols + count < expected.size());
              for (std::size_t i = 0; i < count; ++i) {
                const std::size_t place = decoded_symbols + i;
                const std::int32_t symbol = expected[place] + (place % wrong == 0 ? 1 : 0);
                guesses[i] = {static_cast<std::uint8_t>(symbol), kWhateverItCosts};
              }
              guessed += count;
              return count;
            };
            ThreadTeam team(static_cast<std::int64_t>(threads));
            const auto count = [&] { ++decoded_symbols; };
            CHECK(decoded(models, team, layout, {1, threads - 1, guesser}, count) == expected);
            CHECK((guessed > 0) == (layout.lanes() == 1 && expected.size() > 2));
          }
        }
      }
    }
  }
}

TEST_CASE("a prediction or decoding that throws among guesses ends all") {
  const BlockLayout layout(100, 100);
  const Models models{&engine()};
  ThreadTeam alone(1);
  const auto nothing = [] {};
  const Guesser same = [](std::span<Guess> guesses) {
    std::ranges::fill(guesses, Guess{0, kWhateverItCosts});
    return guesses.size();
  };
  const auto expected = decoded(models, alone, layout, {1, 0});
  for (std::size_t call = 1; call <= layout.length(); call += 7) {
    ThrowsAt while_decoding(call);
    CHECK_THROWS_AS(decoded(models, alone, layout, {1, 0, same}, [&] { while_decoding(); }),
                    Interruption);
    ThrowsAt in_sink(call);
    CHECK_THROWS_AS(decoded(models, alone, layout, {1, 0, same}, nothing, [&] { in_sink(); }),
                    Interruption);
  }
  CHECK(decoded(models, alone, layout, {1, 0, same}) == expected);
}

TEST_CASE("blocks that are long enough to try come out the same") {
  const BlockLayout layout(2 * 1500, 1500);
  const Models models{&engine()};
  ThreadTeam alone(1);
  ThreadTeam team(2);
  CHECK(decoded(models, team, layout, {2, 1}) == decoded(models, alone, layout, {2, 0}));
}

TEST_CASE("helpers that lost patience come back") {
  const BlockLayout layout(600, 300);
  const Models models{&engine()};
  ThreadTeam alone(1);
  const auto expected = decoded(models, alone, layout, {2, 0});
  ThreadTeam team(2);
  std::size_t calls = 0;
  const auto sometimes_slow = [&] {
    if (++calls % 150 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  };
  CHECK(decoded(models, team, layout, {2, 1}, sometimes_slow) == expected);
}

TEST_CASE("decoding or a prediction that throws ends all, and the team works on") {
  const BlockLayout layout(300, 100);
  const Models models{&engine(), &engine()};
  const auto nothing = [] {};
  for (const std::size_t threads : {1U, 2U, 4U}) {
    ThreadTeam team(static_cast<std::int64_t>(threads));
    const StepPlan plan{3, threads - 1};
    const auto expected = decoded(models, team, layout, plan);
    for (std::size_t call = 1; call <= layout.length(); call += 23) {
      ThrowsAt while_decoding(call);
      CHECK_THROWS_AS(decoded(models, team, layout, plan, [&] { while_decoding(); }), Interruption);
      ThrowsAt in_sink(call);
      CHECK_THROWS_AS(decoded(models, team, layout, plan, nothing, [&] { in_sink(); }),
                      Interruption);
    }
    CHECK(decoded(models, team, layout, plan) == expected);
  }
}

TEST_CASE("plans of steps have a part for each thread that the machine can run") {
  const BlockLayout three_lanes(30, 10);
  const BlockLayout one_lane(30, 30);
  const Models one{&engine()};
  const Models two{&engine(), &engine()};
  CHECK(plan_steps(one, three_lanes, 1).parts == 1);
  CHECK(plan_steps(one, three_lanes, 1).helpers == 0);
  CHECK(plan_steps(one, one_lane, 100).helpers == 0);  // nothing to do at the same time
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  for (const std::size_t threads : {2U, 3U, 100U}) {
    const std::size_t working = std::min<std::size_t>(threads, processors);
    CHECK(plan_steps(one, three_lanes, threads).parts == std::min<std::size_t>(3, working));
    CHECK(plan_steps(two, one_lane, threads).parts == 1);
    CHECK(plan_steps(two, three_lanes, threads).helpers == std::min<std::size_t>(working - 1, 6));
  }
}
