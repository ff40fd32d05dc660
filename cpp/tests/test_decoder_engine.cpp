#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "interruption.hpp"
#include "lmpack/decoder/lane.hpp"
#include "lmpack/decoder/lanes.hpp"
#include "lmpack/error.hpp"
#include "random_decoder.hpp"

namespace {

using namespace lmpack;
using tests::Interruption;
using tests::RandomDecoder;
using tests::ThrowsAt;

constexpr std::size_t kLanes = 5;

std::int32_t symbol_at(std::size_t lane, std::size_t step) {
  return step == 0 ? 301 : static_cast<std::int32_t>((lane + 1) * step * 7 % 301);
}

std::vector<std::int32_t> symbols_of(std::size_t lanes, std::size_t first, std::size_t steps) {
  std::vector<std::int32_t> symbols;
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    for (std::size_t i = 0; i < steps; ++i) symbols.push_back(symbol_at(lane, first + i));
  }
  return symbols;
}

// Weights of all lanes over a segment, fed as many steps at a time as the pieces say, by turns.
std::vector<std::int32_t> weights_of(const DecoderEngine& engine,
                                     const std::vector<std::size_t>& pieces, std::int64_t threads) {
  const std::size_t context = engine.shape().context;
  const std::size_t vocabulary = engine.shape().vocabulary;
  ThreadTeam team(threads);
  const ThreadTeam::Lease lease(team);
  DecoderLanes lanes(engine, kLanes);
  std::vector<std::int32_t> all(kLanes * context * vocabulary);
  std::size_t turn = 0;
  for (std::size_t first = 0, steps = 0; first < context; first += steps) {
    steps = std::min(pieces[turn++ % pieces.size()], context - first);
    const auto symbols = symbols_of(kLanes, first, steps);
    std::vector<std::int32_t> weights(symbols.size() * vocabulary);
    lanes.feed(symbols, steps, lease, weights);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      std::copy_n(weights.data() + lane * steps * vocabulary, steps * vocabulary,
                  all.data() + (lane * context + first) * vocabulary);
    }
  }
  return all;
}

std::uint64_t digest(std::uint64_t start, const std::vector<std::int32_t>& values) {
  for (const std::int32_t value : values) {
    for (int shift = 0; shift < 32; shift += 8) {
      start ^= static_cast<std::uint32_t>(value) >> shift & 255;
      start *= 0x100000001b3;
    }
  }
  return start;
}

}  // namespace

TEST_CASE("a ring has the same room whatever steps it grows in") {
  for (const std::size_t step : {1U, 48U, 100U, 300U}) {
    DecoderRing ring(1000, 32);
    for (std::size_t positions = step; positions < 300; positions += step) ring.reserve(positions);
    ring.reserve(300);
    CHECK(ring.slots() == 512);
    ring.reserve(600);
    CHECK(ring.slots() == 1008);
  }
}

TEST_CASE("kernels, pieces and threads make no difference to decoders") {
  for (const auto& [name, shape] : tests::decoder_families()) {
    const auto& family = name;  // Clang 14 cannot capture the name of a binding
    CAPTURE(family);
    const RandomDecoder portable(shape, *available_kernels().back());
    const auto expected = weights_of(portable.engine, {shape.context}, 1);
    CHECK(std::ranges::max(expected) == 1 << 30);
    CHECK(std::ranges::min(expected) < 1 << 26);
    for (const Kernels* kernels : available_kernels()) {
      CAPTURE(kernels->name);
      const RandomDecoder decoder(shape, *kernels);
      CHECK(weights_of(decoder.engine, {1, 1, 1, 37}, 3) == expected);
    }
  }
}

TEST_CASE("the weights of decoders are the same on every kind of processor") {
  // FNV-1a over the weights as bytes, the lowest first; computed on x86-64 and on AArch64.
  std::uint64_t result = 0xcbf29ce484222325;
  for (const auto& [family, shape] : tests::decoder_families()) {
    const RandomDecoder decoder(shape, *available_kernels().front());
    result = digest(result, weights_of(decoder.engine, {shape.context}, 1));
  }
  CHECK(result == 0xc27df1744089f559);
}

TEST_CASE("lanes of a decoder advance as they like, and start again") {
  const RandomDecoder decoder(tests::small_decoder(), *available_kernels().front());
  const std::size_t context = decoder.engine.shape().context;
  const std::size_t vocabulary = decoder.engine.shape().vocabulary;
  const auto expected = weights_of(decoder.engine, {context}, 1);
  ThreadTeam team(2);
  const ThreadTeam::Lease lease(team);
  DecoderLanes lanes(decoder.engine, kLanes);
  for (int segment = 0; segment < 2; ++segment) {
    std::vector<std::size_t> done(kLanes);
    while (std::ranges::min(done) < context) {
      std::vector<std::vector<std::int32_t>> symbols(kLanes);
      std::vector<DecoderLanes::Symbols> feeds;
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        const std::size_t steps = std::min(context - done[lane], 8 * lane + 3);
        for (std::size_t i = 0; i < steps; ++i) {
          symbols[lane].push_back(symbol_at(lane, done[lane] + i));
        }
        if (steps > 0) feeds.push_back({lane, symbols[lane]});
      }
      std::vector<std::vector<std::int32_t>> found(kLanes * context);
      lanes.feed(feeds, lease, [&](auto, std::size_t lane, std::size_t step, auto weights) {
        found[lane * context + done[lane] + step].assign(weights.begin(), weights.end());
      });
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        for (std::size_t i = 0; i < symbols[lane].size(); ++i, ++done[lane]) {
          const std::size_t cell = lane * context + done[lane];
          CHECK(std::ranges::equal(found[cell],
                                   std::span(expected).subspan(cell * vocabulary, vocabulary)));
        }
      }
    }
    lanes.restart();
  }
}

TEST_CASE("a segment has no more symbols than the context") {
  const RandomDecoder decoder(tests::small_decoder(), *available_kernels().front());
  ThreadTeam team(1);
  const ThreadTeam::Lease lease(team);
  DecoderLanes lanes(decoder.engine, 1);
  const auto ignore = [](auto, auto, auto, auto) {};
  const auto symbols = symbols_of(1, 0, 81);
  const auto feed = [&](std::size_t first, std::size_t count) {
    const std::vector<DecoderLanes::Symbols> feeds{{0, std::span(symbols).subspan(first, count)}};
    lanes.feed(feeds, lease, ignore);
  };
  CHECK_THROWS_AS(feed(0, 81), InvalidArgument);
  feed(0, 79);
  CHECK_THROWS_AS(feed(79, 2), InvalidArgument);
  feed(79, 1);
  CHECK_THROWS_AS(feed(80, 1), InvalidArgument);
}

TEST_CASE("wrong symbols of a decoder are refused before anything is fed") {
  const RandomDecoder decoder(tests::small_decoder(), *available_kernels().front());
  ThreadTeam team(1);
  const ThreadTeam::Lease lease(team);
  DecoderLanes lanes(decoder.engine, 2);
  std::vector<std::int32_t> weights(2 * 301);
  for (const std::int32_t wrong : {-1, 302}) {
    CHECK_THROWS_AS(lanes.feed(std::vector<std::int32_t>{0, wrong}, 1, lease, weights),
                    InvalidArgument);
  }
  CHECK_THROWS_AS(lanes.feed(std::vector<std::int32_t>(3), 1, lease, weights), InvalidArgument);
  lanes.feed(std::vector<std::int32_t>{0, 301}, 1, lease, weights);
  CHECK_THROWS_AS(DecoderLanes(decoder.engine, 0), InvalidArgument);
}

TEST_CASE("lanes of a decoder that were stopped refuse further symbols") {
  const RandomDecoder decoder(tests::small_decoder(), *available_kernels().front());
  const auto symbols = symbols_of(kLanes, 0, 40);
  std::vector<DecoderLanes::Symbols> feeds;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    feeds.push_back({lane, std::span(symbols).subspan(lane * 40, 40)});
  }
  for (const int threads : {1, 2, 3}) {
    ThreadTeam team(threads);
    const ThreadTeam::Lease lease(team);
    DecoderLanes lanes(decoder.engine, kLanes);
    for (std::size_t call = 1; call <= symbols.size(); call += 29) {
      ThrowsAt stop(call);
      const auto sink = [&](auto, auto, auto, auto) { stop(); };
      CHECK_THROWS_AS(lanes.feed(feeds, lease, sink), Interruption);
      CHECK_THROWS_AS(lanes.feed(feeds, lease, sink), InvalidArgument);
      lanes.restart();
    }
    ThrowsAt never(0);
    lanes.feed(feeds, lease, [&](auto, auto, auto, auto) { never(); });
    CHECK(never.calls() == symbols.size());
  }
}

TEST_CASE("decoders out of bounds are refused") {
  const DecoderShape shape = tests::small_decoder();
  tests::RandomDecoderTensors tensors(shape, 1);
  const Kernels& kernels = *available_kernels().front();
  const auto load = [&] { return DecoderEngine(shape, tensors.source(), kernels); };
  CHECK_NOTHROW(load());
  const auto refused = [&](float& value, float wrong) {
    const float before = value;
    value = wrong;
    CHECK_THROWS_AS(load(), InvalidArgument);
    value = before;
  };
  for (const std::string name : {"layers.1.qkv.multiplier", "final_norm.gain", "rope.0.cos",
                                 "activation", "exp2", "attention_exp2", "score_scale"}) {
    CAPTURE(name);
    for (const float wrong : {0x1p31F, 0x1p-41F, std::numeric_limits<float>::infinity(),
                              std::numeric_limits<float>::quiet_NaN()}) {
      refused(tensors.float32(name)[1], wrong);
    }
  }
  refused(tensors.float32("head.multiplier")[0], 0);
  refused(tensors.float32("norm_epsilon")[0], -1);
  refused(tensors.float32("exp2")[0], 0x1p29F);
  refused(tensors.float32("exp2")[255], 0.5F);
  refused(tensors.float32("attention_exp2")[3072], -1);
  refused(tensors.float32("rope.1.sin")[5], 1.5F);
  auto& weight = tensors.int8("layers.0.down.weight").back();
  for (const int wrong : {65, -65, -128, 127}) {
    weight = static_cast<std::int8_t>(wrong);
    CHECK_THROWS_AS(load(), InvalidArgument);
  }
  weight = -64;
  CHECK_NOTHROW(load());
}

TEST_CASE("shapes that the engine cannot run are refused before any tensor of a decoder is read") {
  const auto load = [](auto change) {
    DecoderShape shape = tests::small_decoder();
    change(shape);
    const auto fail = [](auto, auto) { throw std::logic_error("nothing may be read"); };
    return DecoderEngine(shape,
                         {[&](const std::string& name, std::size_t size) {
                            fail(name, size);
                            return std::span<const std::int8_t>{};
                          },
                          [&](const std::string& name, std::size_t size) {
                            fail(name, size);
                            return std::span<const float>{};
                          }},
                         *available_kernels().front());
  };
  CHECK_THROWS_AS(load([](DecoderShape&) {}), std::logic_error);
  const std::vector<std::function<void(DecoderShape&)>> changes{
      [](DecoderShape& shape) { shape.vocabulary = 0; },
      [](DecoderShape& shape) { shape.vocabulary = (1U << 20) + 1; },
      [](DecoderShape& shape) { shape.width = 63; },
      [](DecoderShape& shape) { shape.width = 8224; },
      [](DecoderShape& shape) { shape.hidden = 0; },
      [](DecoderShape& shape) { shape.hidden = (1U << 18) + 32; },
      [](DecoderShape& shape) { shape.head_width = 2080; },
      [](DecoderShape& shape) { shape.heads = 0; },
      [](DecoderShape& shape) { shape.heads = 1026; },
      [](DecoderShape& shape) { shape.kv_heads = 0; },
      [](DecoderShape& shape) { shape.kv_heads = 4; },
      [](DecoderShape& shape) { shape.context = 0; },
      [](DecoderShape& shape) { shape.context = 65537; },
      [](DecoderShape& shape) { shape.windows = {}; },
      [](DecoderShape& shape) { shape.windows = {9, 0}; },
      [](DecoderShape& shape) { shape.windows = {9, 81}; },
      [](DecoderShape& shape) { shape.ropes = {0}; },
      [](DecoderShape& shape) { shape.ropes = {0, 2}; },
      [](DecoderShape& shape) { shape.residual_bits = -17; },
      [](DecoderShape& shape) { shape.residual_bits = 25; },
      [](DecoderShape& shape) { shape.activation_range = 12; },
  };
  for (const auto& change : changes) CHECK_THROWS_AS(load(change), InvalidArgument);
}
