// What learns in the mixing: maps, tables of bit histories, and matches.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "lmpack/mixing/apm.hpp"
#include "lmpack/mixing/context_inputs.hpp"
#include "lmpack/mixing/history_maps.hpp"
#include "lmpack/mixing/history_table.hpp"
#include "lmpack/mixing/match_inputs.hpp"
#include "lmpack/mixing/match_model.hpp"
#include "lmpack/mixing/state_map.hpp"
#include "test_support.hpp"

namespace {

using namespace lmpack;
using testing::Bytes;
using testing::Random;

// The match behind these bytes of one lane.
Match match_after(const Bytes& plain, std::size_t shortest) {
  const auto length = static_cast<std::int64_t>(plain.size()) + 20;  // more is to come
  Bytes known = plain;
  known.resize(static_cast<std::size_t>(length));
  MatchModel model(known, BlockLayout(length, length), shortest, 12);
  Match match;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    std::uint64_t last = 0;
    for (std::size_t back = 0; back < 8 && back <= i; ++back) {
      last |= std::uint64_t{plain[i - back]} << (8 * back);
    }
    model.check(match);
    model.advance(match, i, last);
  }
  return match;
}

Bytes noise(std::size_t size) {
  Random random(9);
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.below(256));
  return bytes;
}

}  // namespace

TEST_CASE("an entry moves by a share of what it lacks, fast at first") {
  std::uint32_t entry = kHalf << kEntryShift;
  const std::array<double, 4> shares = {2.0 / 3, 2.0 / 5, 2.0 / 7, 2.0 / 9};
  double p = 0.5;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    entry = moved_entry(entry, 1, 1000, kEntryShares.data());
    p += (1 - p) * shares[i];
    CHECK(std::abs(static_cast<double>(entry >> kEntryShift) - 65536 * p) < 20);
    CHECK((entry & 1023) == i + 1);
  }
  // Where it changes no more, it moves by the same share for ever.
  for (int i = 0; i < 50; ++i) entry = moved_entry(entry, 0, 6, kEntryShares.data());
  CHECK((entry & 1023) == 6);
  CHECK((entry >> kEntryShift) < 60);
  for (int i = 0; i < 5000; ++i) entry = moved_entry(entry, 1, 1000, kEntryShares.data());
  CHECK((entry >> kEntryShift) > 65400);
  CHECK((entry & 1023) == 1000);
}

TEST_CASE("entries stay probabilities whatever comes") {
  Random random(1);
  for (const std::uint32_t limit : {1U, 250U, 1023U}) {
    std::uint32_t entry = kHalf << kEntryShift;
    for (int i = 0; i < 20000; ++i) {
      const bool rare = random.below(50) == 0;
      const std::uint32_t bit = rare == (i / 2000 % 2 == 0) ? 1 : 0;
      const std::uint32_t before = entry >> kEntryCountBits;
      entry = moved_entry(entry, bit, limit, kEntryShares.data());
      const std::uint32_t now = entry >> kEntryCountBits;
      CHECK((bit != 0 ? now >= before : now <= before));
      CHECK((entry & 1023) <= limit);
    }
  }
}

TEST_CASE("a state map has a probability for each context") {
  StateMap map(3, 1000);
  map.set(2, 9000);
  CHECK(map.predict(0) == kHalf);
  CHECK(map.predict(2) == 9000);
  for (int i = 0; i < 40; ++i) {
    map.predict(1);
    map.update(i % 4 == 0 ? 1 : 0);
  }
  CHECK(std::abs(static_cast<int>(map.predict(1)) - 65536 / 4) < 2500);
  CHECK(map.predict(0) == kHalf);
  for (int i = 0; i < 3000; ++i) {
    map.predict(0);
    map.update(0);
  }
  CHECK(map.predict(0) >= 1);
  CHECK(map.predict(0) < 40);
}

TEST_CASE("maps of bit histories start with what the counts suggest") {
  auto maps = history_maps(2, 1000);
  REQUIRE(maps.size() == 2);
  for (std::size_t state = 0; state < StateTable::kStates; ++state) {
    CHECK(maps[1].predict(state) == std::max<Probability>(state_table().first_guess(state), 1));
  }
}

TEST_CASE("an APM starts as the logistic function and learns what a logit is worth") {
  Apm apm(2, 6);
  for (int logit = -2500; logit <= 2500; logit += 50) {
    const auto exact = static_cast<int>(logistic().squash(logit));
    CHECK(std::abs(static_cast<int>(apm.refine(logit, 0)) - exact) < 700);
  }
  for (int i = 0; i < 3000; ++i) {
    apm.refine(640, 1);
    apm.update(i % 2 != 0 ? 1 : 0);
  }
  CHECK(std::abs(static_cast<int>(apm.refine(640, 1)) - 32768) < 1500);
  CHECK(apm.refine(-640, 1) < 6000);  // other logits keep theirs
  CHECK(apm.refine(640, 0) > 55000);  // and other contexts
}

TEST_CASE("a run is of the last byte, and ends with another one") {
  ByteRun run;
  CHECK(run.length == 0);
  for (const std::uint8_t byte : Bytes{5, 7, 7, 7}) run.add(byte);
  CHECK(run.byte == 7);
  CHECK(run.length == 3);
  for (int i = 0; i < 300; ++i) run.add(7);
  CHECK(run.length == 255);
  run.add(0);
  CHECK(run.byte == 0);
  CHECK(run.length == 1);
}

TEST_CASE("slots are found again by their hashes, those of each nibble apart") {
  HistoryTable table(8);
  constexpr std::uint64_t kHash = 0x1234567890ABCDEF;
  table.find(kHash, 0).histories[0] = 9;
  table.find(kHash, 17).histories[0] = 8;
  CHECK(table.find(kHash, 0).histories[0] == 9);
  CHECK(table.find(kHash, 17).histories[0] == 8);
  CHECK(table.find(kHash, 18).histories[0] == 0);
  CHECK(table.find(kHash ^ 1, 0).histories[0] == 0);           // another check
  CHECK(table.find(kHash ^ 1ULL << 63, 0).histories[0] == 0);  // another line
  CHECK(table.find(kHash, 0).histories[0] == 9);
}

TEST_CASE("the slot that has seen least makes room") {
  HistoryTable table(8);
  const std::uint64_t hashes[] = {1, 2, 3};
  const BitHistory used[] = {40, 3, 9};
  for (std::size_t i = 0; i < 3; ++i) {
    HistorySlot& slot = table.find(hashes[i], 0);
    slot.histories[0] = used[i];
    slot.run.add(5);
  }
  const HistorySlot& fourth = table.find(4, 0);
  CHECK(fourth.histories[0] == 0);
  CHECK(fourth.run.length == 0);
  CHECK(fourth.check == 4);
  CHECK(table.find(1, 0).histories[0] == 40);
  CHECK(table.find(3, 0).histories[0] == 9);
  // The second one is gone, and takes the place of the fourth.
  CHECK(table.find(2, 0).histories[0] == 0);
  CHECK(table.find(1, 0).histories[0] == 40);
}

TEST_CASE("every input has a place of its own") {
  for (const bool all : {false, true}) {
    for (std::size_t contexts = 1; contexts <= 50; ++contexts) {
      const InputLayout layout(contexts, all, 3);
      std::size_t of_contexts = 0;
      for (std::size_t i = 0; i < layout.size(); ++i) of_contexts += layout.is_of_context(i);
      CHECK(of_contexts == contexts * (all ? 5 : 2));
      for (std::size_t i = 0; i < 3; ++i) {
        CHECK(layout.place_of(i) == layout.size() - 3 + i);
        CHECK(!layout.is_of_context(layout.place_of(i)));
      }
    }
  }
}

TEST_CASE("contexts that have seen nothing say nothing, and learn") {
  for (const bool all : {false, true}) {
    const std::size_t kinds = all ? 4 : 1;
    ContextInputs inputs(*available_mixing_kernels().front(), 2, all, 1);
    REQUIRE(inputs.layout().size() == 8 * (kinds + 1) + 1);
    const std::size_t other = inputs.layout().place_of(0);
    std::vector<std::int16_t> logits;
    std::array<HistorySlot, 2> slots{};
    ByteRun run;
    const auto predict = [&] {
      for (std::size_t i = 0; i < 2; ++i) inputs.set_slot(i, slots[i]);
      inputs.set_run(0, run);
      inputs.set_run(1, {});
      inputs.predict(1, 0, 0);
      logits.assign(inputs.inputs(), inputs.inputs() + inputs.layout().size());
    };
    predict();
    CHECK(std::ranges::all_of(logits, [](std::int16_t logit) { return logit == 0; }));
    inputs.others()[0] = 55;
    predict();
    CHECK(logits[other] == 55);
    CHECK(std::ranges::count(logits, 0) == std::ssize(logits) - 1);
    for (int i = 0; i < 30; ++i) {
      predict();
      inputs.update(1);
      run.add(0x80);
    }
    predict();
    // The logit of the history, then that of the run, of a 1. Then p, and of the history both again
    // as only ones were seen.
    for (std::size_t kind = 0; kind <= kinds; ++kind) CHECK(logits[8 * kind] > 100);
    CHECK(logits[8 + 1] == 0);
    // With a bit that differs only half of the inputs are left, and the run disagrees.
    inputs.update(0);
    inputs.predict(2, 1, 0);
    logits.assign(inputs.inputs(), inputs.inputs() + inputs.layout().size());
    CHECK(logits[0] > 0);
    CHECK(logits[8] == 0);
    if (all) CHECK(logits[16] > 0);
    if (all) CHECK(logits[24] == 0);
    if (all) CHECK(logits[32] == 0);
  }
}

TEST_CASE("a match is found after enough equal bytes, and followed") {
  const Bytes once = noise(100);
  for (const std::size_t shortest : {1U, 5U, 8U, 12U, 16U}) {
    for (const std::size_t repeated : {4U, 5U, 8U, 11U, 12U, 16U, 40U}) {
      Bytes plain = once;
      plain.insert(plain.end(), once.begin() + 20,
                   once.begin() + 20 + static_cast<std::ptrdiff_t>(repeated));
      const Match match = match_after(plain, shortest);
      CAPTURE(shortest);
      CAPTURE(repeated);
      if (repeated < shortest) {
        CHECK(match.length == 0);
      } else {
        CHECK(match.place == 20 + repeated);
        // When it is found, up to 32 bytes are looked at.
        CHECK(match.length == repeated);
      }
    }
  }
}

TEST_CASE("a match ends where bytes differ") {
  Bytes plain = noise(60);
  plain.insert(plain.end(), plain.begin() + 10, plain.begin() + 30);
  plain.push_back(static_cast<std::uint8_t>(plain[30] + 1));
  CHECK(match_after(plain, 5).length == 0);
}

TEST_CASE("matches are found in other lanes, as far as these are known") {
  // Two lanes with the same bytes, the second one later by three steps.
  const Bytes once = noise(40);
  Bytes plain = once;
  plain.insert(plain.end(), {1, 2, 3});
  plain.insert(plain.end(), once.begin(), once.end() - 3);
  const BlockLayout layout(80, 40);
  MatchModel model(plain, layout, 5, 10);
  std::vector<Match> matches(2);
  std::vector<std::uint64_t> last(2);
  bool found = false;
  for (std::size_t step = 0; step < 40; ++step) {
    for (std::size_t lane = 0; lane < 2; ++lane) {
      model.check(matches[lane]);
      if (matches[lane].length != 0 && lane == 1) {
        found = true;
        CHECK(matches[1].place == step - 3);
        CHECK(model.expected(matches[1]) == plain[layout.index(1, step)]);
      }
      CHECK((lane == 1 || matches[0].length == 0));
      const std::size_t position = layout.index(lane, step);
      last[lane] = last[lane] << 8 | plain[position];
      model.advance(matches[lane], position, last[lane]);
    }
  }
  CHECK(found);
}

TEST_CASE("a match whose byte is not known yet is none") {
  const Bytes plain(12, 7);
  const BlockLayout layout(12, 12);
  MatchModel model(plain, layout, 1, 10);
  Match match{5, 3};
  model.check(match);
  CHECK(match.length == 0);
}

TEST_CASE("inputs of matches agree with the byte that is expected") {
  const Bytes once = noise(64);
  Bytes plain = once;
  plain.insert(plain.end(), once.begin(), once.end());
  const BlockLayout layout(128, 128);
  const std::size_t shortest[] = {4, 12};
  MatchInputs matches(plain, layout, shortest, 10);
  std::vector<Match> of_lane(2);
  std::uint64_t last = 0;
  std::vector<Logit> inputs(4);
  for (std::size_t i = 0; i < 128; ++i) {
    matches.start_byte(of_lane);
    std::uint32_t prefix = 1;
    for (int bit = 0; bit < 8; ++bit) {
      matches.predict(prefix, bit, inputs.data());
      const std::uint32_t next = plain[i] >> (7 - bit) & 1U;
      if (i < 64) CHECK(matches.length_class() == 0);
      if (i >= 64 + 12) {
        CHECK(matches.expected() == plain[i]);
        CHECK(matches.length_class() == std::min<std::size_t>((i - 64) / 2, 15));
      }
      if (i == 127) {
        for (const std::size_t model : {0U, 1U}) {
          CHECK((next != 0 ? inputs[model] : -inputs[model]) > 2 * kLogitUnit);
        }
      }
      matches.update(next);
      prefix = prefix << 1 | next;
    }
    matches.finish_byte(of_lane, i, last = last << 8 | plain[i]);
  }
  // A byte of which other bits are known is expected no more.
  of_lane[0] = of_lane[1] = {10, 40};
  matches.start_byte(of_lane);
  matches.predict(3U ^ plain[10] >> 7, 1, inputs.data());
  CHECK(matches.length_class() == 0);
  CHECK(std::ranges::all_of(inputs, [](std::int16_t input) { return input == 0; }));
}
