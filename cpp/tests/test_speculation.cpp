// What is guessed of the next bytes, and how many guesses are worth their cost.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "block_codings.hpp"
#include "lmpack/error.hpp"
#include "lmpack/steps/speculation.hpp"
#include "random_engine.hpp"

namespace {

using namespace lmpack;
using std::chrono::microseconds;

void add_all(Draft& draft, std::string_view text) {
  for (const char c : text) draft.add(static_cast<std::uint8_t>(c));
}

std::string guessed(const Draft& draft, std::size_t most, float smallest_chance = 0) {
  std::vector<Guess> guesses(most);
  const std::size_t count = draft.guess(guesses, smallest_chance);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += static_cast<char>(guesses[i].byte);
  return text;
}

// Costs of passes of 1 to 8 rows, in microseconds.
using Law = std::array<int, 9>;
constexpr Law kCheapRows{0, 100, 105, 110, 115, 120, 125, 130, 135};
constexpr Law kDearRows{0, 100, 200, 300, 400, 500, 600, 700, 800};
constexpr Law kCheapEighth{0, 100, 200, 300, 400, 500, 600, 700, 150};

// Guesses in a pass, on the average, all of which have the same chance: once the costs are known,
// which likely guesses in between have shown.
double guesses_in_a_pass(const Law& law, float chance) {
  constexpr int kPasses = 500;
  float offered = chance;
  const Guesser guesser = [&](std::span<Guess> guesses) {
    std::ranges::fill(guesses, Guess{'a', offered});
    return guesses.size();
  };
  Speculation speculation(10, guesser);
  speculation.took(microseconds(law[1]), false);
  std::size_t sum = 0;
  for (int pass = 0; pass < 2 * kPasses; ++pass) {
    for (const float other : {0.97F, 0.0F, chance}) {
      offered = other;
      const std::size_t count = speculation.guess(100, false).size();
      speculation.took(microseconds(law[1 + count]), false);
      if (other == chance && pass >= kPasses) sum += count;
    }
  }
  return static_cast<double>(sum) / kPasses;
}

}  // namespace

TEST_CASE("a draft knows of nothing at first, and then what has been before") {
  Draft draft(1000);
  CHECK(guessed(draft, 7).empty());
  add_all(draft, "the quick brown fox. ");
  add_all(draft, "the quick br");
  CHECK(guessed(draft, 4) == "own ");
  CHECK(guessed(draft, 0).empty());
  CHECK(guessed(draft, 4, 1.5F).empty());
  for (int i = 0; i < 40; ++i) add_all(draft, "the quick brown fox. ");
  CHECK(guessed(draft, 7, 0.25F) == "the qui");
}

TEST_CASE("a draft of bytes that never come again guesses none of them") {
  Draft draft(1 << 16);
  const tests::Bytes bytes = tests::some_bytes(1 << 16);
  std::uint32_t state = 1;
  std::size_t made = 0;
  std::array<Guess, 7> guesses;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    state = state * 1664525 + 1013904223;
    draft.add(static_cast<std::uint8_t>(state >> 24));
    if (i > bytes.size() / 2) made += draft.guess(guesses, 0.25F);
  }
  CHECK(made < bytes.size() / 200);
}

TEST_CASE("a draft holds what it can of a long block, and one of any length works") {
  for (const std::size_t length : {0U, 1U, 5U, 300U}) {
    Draft draft(length);
    for (int i = 0; i < 200; ++i) add_all(draft, "ab and so on, ");
    CHECK(guessed(draft, 7, 0.25F) == "ab and ");
  }
}

TEST_CASE("guesses come true one by one") {
  std::string_view next = "abc";
  const Guesser guesser = [&](std::span<Guess> guesses) {
    for (std::size_t i = 0; i < 3; ++i) guesses[i] = {static_cast<std::uint8_t>(next[i]), 1000};
    return std::size_t{3};
  };
  Speculation speculation(10, guesser);
  CHECK_FALSE(speculation.add('x'));
  CHECK(speculation.refuted() == 0);
  CHECK(speculation.guess(3, false).size() == 3);
  CHECK(speculation.add('a'));
  CHECK(speculation.add('b'));
  CHECK(speculation.confirmed() == 2);
  CHECK_FALSE(speculation.add('x'));
  CHECK(speculation.refuted() == 1);
  speculation.guess(3, false);
  CHECK_FALSE(speculation.add('x'));
  CHECK(speculation.refuted() == 3);
  speculation.guess(3, false);
  for (const char c : next) CHECK(speculation.add(static_cast<std::uint8_t>(c)));
  CHECK_FALSE(speculation.add('d'));  // nothing has been guessed for it
  CHECK(speculation.refuted() == 0);
}

TEST_CASE("where nothing can be guessed a draft rests, and comes back later") {
  Speculation speculation(1 << 17);
  speculation.took(microseconds(100), false);
  std::uint32_t state = 1;
  for (int i = 0; i < 10000; ++i) {
    state = state * 1664525 + 1013904223;
    speculation.add(static_cast<std::uint8_t>(state >> 24));
  }
  std::size_t soon = 0;
  std::size_t later = 0;
  for (int i = 0; i < 60000; ++i) {
    speculation.add(static_cast<std::uint8_t>('a' + i % 5));
    (i < 10000 ? soon : later) += speculation.guess(7, false).size();
  }
  CHECK(soon == 0);
  CHECK(later > 10000);
}

TEST_CASE("as much is guessed as pays") {
  CHECK(guesses_in_a_pass(kCheapRows, 0.9F) > 6.5);
  CHECK(guesses_in_a_pass(kCheapRows, 0.3F) > 0.9);
  CHECK(guesses_in_a_pass(kCheapRows, 0.01F) == 0);
  CHECK(guesses_in_a_pass(kDearRows, 0.9F) < 0.2);
  // Eight rows pay where two do not.
  CHECK(guesses_in_a_pass(kCheapEighth, 0.9F) > 6.5);
}

TEST_CASE(
    "blocks of a large model, of which bytes are guessed, come back, and damaged ones do not") {
  const ModelShape shape{256, 256, 4, 32, 768, {8, 5, 3}, true, {{2, 50, 0, 64}}};
  const Engine engine = tests::random_engine(shape, *available_kernels().front());
  const BlockLayout layout(200, 200);
  tests::Bytes plain;
  for (std::size_t i = 0; plain.size() < layout.length(); ++i) {
    const std::string line = "line " + std::to_string(i % 7) + " of the log\n";
    plain.insert(plain.end(), line.begin(), line.end());
  }
  plain.resize(layout.length());
  for (const auto& coding : tests::codings_with_model(engine, layout)) {
    CAPTURE(coding.name);
    ThreadTeam alone(1);
    const tests::Bytes payload = coding.encode(alone, plain, no_progress);
    for (const int threads : {1, 2}) {
      ThreadTeam team(threads);
      CHECK(coding.decode(team, payload, no_progress) == plain);
    }
    // The bytes from the damage on are others, or the payload is refused.
    for (std::size_t at = 0; at < payload.size(); at += payload.size() / 3 + 1) {
      tests::Bytes damaged = payload;
      damaged[at] ^= 4;
      try {
        const tests::Bytes decoded = coding.decode(alone, damaged, no_progress);
        CHECK(decoded != plain);
      } catch (const DamagedStream&) {
      }
    }
  }
}

TEST_CASE("a few passes that were disturbed change little") {
  PassCosts costs;
  for (int i = 0; i < 200; ++i) {
    costs.took(1, microseconds(i % 20 == 3 ? 5000 : 100));
    costs.took(2, microseconds(i % 20 == 7 ? 5000 : 120));
  }
  CHECK(costs.of(2) > 1.1F);
  CHECK(costs.of(2) < 1.35F);
  CHECK(costs.of(1) == 1);
}
