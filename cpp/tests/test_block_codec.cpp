#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "lmpack/block_codec.hpp"
#include "lmpack/coder/block_encoder.hpp"
#include "lmpack/error.hpp"
#include "random_engine.hpp"

namespace {

using namespace lmpack;

const ModelShape kShape{256, 32, 1, 32, 32, {8}, true, {{2, 50, 0, 32}}};

const Engine& engine() {
  static const Engine result = tests::random_engine(kShape, *available_kernels().front());
  return result;
}

std::vector<std::uint8_t> random_bytes(std::size_t count) {
  std::mt19937 random(7);
  std::vector<std::uint8_t> bytes(count);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

// The payload as docs/format.md has it, step by step one lane after another.
std::vector<std::uint8_t> slow_payload(std::span<const std::uint8_t> plain, BlockLayout layout) {
  std::vector<std::int32_t> odds;
  std::vector<std::int32_t> symbols;
  for (std::size_t lane = 0; lane < layout.lanes(); ++lane) {
    Lane state(kShape);
    ForwardPass pass(engine());
    std::int32_t before = kShape.start_symbol();
    for (std::size_t step = 0; step < layout.steps(); ++step) {
      const std::size_t index = layout.index(lane, step);
      const std::vector<std::int32_t> fed{before};
      pass.run(std::vector<LaneFeed>{{&state, fed}},
               [&](auto, auto, auto row) { odds.insert(odds.end(), row.begin(), row.end()); });
      before = index < layout.length() ? plain[index] : 0;
      symbols.push_back(before);
    }
  }
  BlockEncoder coder(layout, 256);
  coder.encode(odds, symbols, layout.steps());
  return coder.finish();
}

}  // namespace

TEST_CASE("blocks come back, and are those of the slow way") {
  for (const auto& [length, lane_length] : std::vector<std::pair<std::int64_t, std::int64_t>>{
           {1, 1}, {700, 700}, {999, 100}, {64, 1}}) {
    const auto plain = random_bytes(static_cast<std::size_t>(length));
    const BlockLayout layout(length, lane_length);
    const auto expected = slow_payload(plain, layout);
    for (const int threads : {1, 2, 3}) {
      ThreadTeam team(threads);
      CHECK(encode_block(engine(), team, plain, layout, no_progress) == expected);
      CHECK(decode_block(engine(), team, expected, layout, no_progress) == plain);
    }
  }
}

TEST_CASE("threads may code blocks with one team at the same time") {
  const auto plain = random_bytes(2000);
  const BlockLayout layout(2000, 100);
  ThreadTeam team(2);
  const auto expected = encode_block(engine(), team, plain, layout, no_progress);
  std::vector<std::thread> callers;
  std::atomic<int> right = 0;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      const auto payload = encode_block(engine(), team, plain, layout, no_progress);
      right += payload == expected &&
               decode_block(engine(), team, payload, layout, no_progress) == plain;
    });
  }
  for (auto& caller : callers) caller.join();
  CHECK(right == 4);
}

TEST_CASE("every change of a payload is noticed") {
  const auto plain = random_bytes(50);
  const BlockLayout layout(50, 13);
  ThreadTeam team(1);
  const auto payload = encode_block(engine(), team, plain, layout, no_progress);
  for (std::size_t bit = 0; bit < 8 * payload.size(); ++bit) {
    auto changed = payload;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    try {
      const auto other = decode_block(engine(), team, changed, layout, no_progress);
      CHECK(other != plain);
    } catch (const DamagedStream&) {
    }
  }
}

TEST_CASE("what steps_done throws ends the call") {
  const auto plain = random_bytes(600);
  const BlockLayout layout(600, 300);
  ThreadTeam team(2);
  const auto payload = encode_block(engine(), team, plain, layout, no_progress);
  const auto stop = [](std::size_t) { throw std::runtime_error("enough"); };
  CHECK_THROWS_WITH(encode_block(engine(), team, plain, layout, stop), "enough");
  CHECK_THROWS_WITH(decode_block(engine(), team, payload, layout, stop), "enough");
  CHECK(encode_block(engine(), team, plain, layout, no_progress) == payload);
}

TEST_CASE("misuse is refused") {
  ThreadTeam team(1);
  CHECK_THROWS_AS(encode_block(engine(), team, random_bytes(3), BlockLayout(4, 4), no_progress),
                  InvalidArgument);
  const ModelShape small{32, 32, 1, 32, 32, {8}, true, {}};
  const Engine few = tests::random_engine(small, *available_kernels().front());
  CHECK_THROWS_AS(encode_block(few, team, random_bytes(4), BlockLayout(4, 4), no_progress),
                  InvalidArgument);
}

TEST_CASE("symbols that are no bytes are damage") {
  // A payload of the largest symbol, which the model finds as likely as any other.
  const ModelShape wide{288, 32, 1, 32, 32, {8}, true, {}};
  const Engine model = tests::random_engine(wide, *available_kernels().front());
  const BlockLayout layout(20, 20);
  Lane lane(wide);
  ForwardPass pass(model);
  std::vector<std::int32_t> odds;
  std::vector<std::int32_t> fed(20, 287);
  fed[0] = wide.start_symbol();
  pass.run(std::vector<LaneFeed>{{&lane, fed}},
           [&](auto, auto, auto row) { odds.insert(odds.end(), row.begin(), row.end()); });
  BlockEncoder coder(layout, 288);
  coder.encode(odds, std::vector<std::int32_t>(20, 287), 20);
  ThreadTeam team(1);
  CHECK_THROWS_AS(decode_block(model, team, coder.finish(), layout, no_progress), DamagedStream);
}
