// Blocks of every kind on any number of threads: the payload is that of one thread, and whatever
// ends a call ends it on all of them.
#include <doctest/doctest.h>

#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

#include "block_codings.hpp"
#include "interruption.hpp"
#include "random_engine.hpp"

namespace {

using namespace lmpack;
using tests::Bytes;
using tests::codings_with_model;
using tests::Interruption;
using tests::ThrowsAt;

const ModelShape& near_shape() {
  static const ModelShape shape{256, 32, 1, 32, 32, {8, 3}, true, {{2, 50, 0, 32}}};
  return shape;
}

const Engine& engine(std::size_t window) {
  static const ModelShape far{256, 32, 1, 32, 32, {700}, true, {}};
  static const Engine near = tests::random_engine(near_shape(), *available_kernels().front());
  static const Engine wide = tests::random_engine(far, *available_kernels().front());
  return window == 8 ? near : wide;
}

void check_threads(const Engine& model, BlockLayout layout, const std::vector<int>& numbers) {
  const Bytes plain = tests::some_bytes(layout.length());
  for (const auto& coding : codings_with_model(model, layout)) {
    CAPTURE(coding.name);
    ThreadTeam alone(1);
    const Bytes payload = coding.encode(alone, plain, no_progress);
    for (const int threads : numbers) {
      ThreadTeam team(threads);
      CHECK(coding.encode(team, plain, no_progress) == payload);
      if (threads <= 3) CHECK(coding.decode(team, payload, no_progress) == plain);
    }
  }
}

}  // namespace

TEST_CASE("payloads of blocks of every kind are those of one thread") {
  // Around the borders of chunks and pieces, lanes of different lengths.
  const std::vector<std::pair<std::int64_t, std::int64_t>> sizes{
      {1, 1}, {255, 255}, {257, 257}, {513, 513}, {1025, 513}, {900, 301}, {300, 1}};
  for (const auto& [length, lane_length] : sizes) {
    check_threads(engine(8), BlockLayout(length, lane_length), {2, 3, 8});
  }
  check_threads(engine(8), BlockLayout(2049, 2049), {2, 3, 4, 5, 6, 7, 8});
  // The warm-up is longer than the block, and than a piece.
  check_threads(engine(700), BlockLayout(600, 600), {2});
  check_threads(engine(700), BlockLayout(3000, 3000), {2});
}

TEST_CASE("each kernel makes the same payloads on 1 to 8 threads, and decodes them") {
  const BlockLayout layout(600, 300);
  const Bytes plain = tests::some_bytes(layout.length());
  std::vector<Bytes> payloads;
  for (const Kernels* kernels : available_kernels()) {
    CAPTURE(kernels->name);
    const Engine model = tests::random_engine(near_shape(), *kernels);
    const auto codings = codings_with_model(model, layout);
    if (payloads.empty()) {
      ThreadTeam alone(1);
      for (const auto& coding : codings) {
        payloads.push_back(coding.encode(alone, plain, no_progress));
      }
    }
    REQUIRE(payloads.size() == codings.size());
    for (int threads = 1; threads <= 8; ++threads) {
      CAPTURE(threads);
      ThreadTeam team(threads);
      for (std::size_t i = 0; i < codings.size(); ++i) {
        CAPTURE(codings[i].name);
        CHECK(codings[i].encode(team, plain, no_progress) == payloads[i]);
        CHECK(codings[i].decode(team, payloads[i], no_progress) == plain);
      }
    }
  }
}

TEST_CASE("progress may end a block of one lane while pieces of it run ahead") {
  const BlockLayout layout(520, 520);
  const Bytes plain = tests::some_bytes(layout.length());
  for (const auto& coding : codings_with_model(engine(8), layout)) {
    CAPTURE(coding.name);
    for (const int threads : {2, 8}) {
      ThreadTeam team(threads);
      ThrowsAt never(0);
      const Bytes payload = coding.encode(team, plain, [&](std::size_t) { never(); });
      CHECK(never.calls() == 3);
      for (std::size_t call = 1; call <= never.calls(); ++call) {
        ThrowsAt stop(call);
        CHECK_THROWS_AS(coding.encode(team, plain, [&](std::size_t) { stop(); }), Interruption);
        CHECK(stop.calls() == call);
      }
      CHECK(coding.encode(team, plain, no_progress) == payload);
    }
  }
}

TEST_CASE("steps that are done are told in order, by the thread that calls") {
  const BlockLayout layout(2600, 1300);
  const Bytes plain = tests::some_bytes(layout.length());
  for (const auto& coding : codings_with_model(engine(8), layout)) {
    ThreadTeam team(3);
    const auto caller = std::this_thread::get_id();
    std::vector<std::size_t> told;
    coding.encode(team, plain, [&](std::size_t steps) {
      CHECK(std::this_thread::get_id() == caller);
      told.push_back(steps);
    });
    CHECK(told == std::vector<std::size_t>{256, 512, 768, 1024, 1280, 1300});
  }
}
