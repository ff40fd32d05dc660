#include <doctest/doctest.h>

#include <cstdint>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <vector>

#include "block_codings.hpp"
#include "failing_memory.hpp"
#include "lmpack/decoder/lanes.hpp"
#include "lmpack/error.hpp"
#include "lmpack/token_block_codec.hpp"
#include "lmpack/tokens/token_block_encoder.hpp"
#include "random_decoder.hpp"

namespace {

using namespace lmpack;
using tests::Bytes;
using tests::RandomDecoder;

// All bytes, and pairs of them: 301 tokens.
const TokenTable& table() {
  static const TokenTable result = [] {
    Bytes bytes;
    Bytes lengths;
    for (std::size_t byte = 0; byte < 256; ++byte) {
      bytes.push_back(static_cast<std::uint8_t>(byte));
      lengths.push_back(1);
      for (std::size_t i = 0; i < (byte < 45 ? 1 : 0); ++i) {
        bytes.insert(bytes.end(), {static_cast<std::uint8_t>(byte), 7});
        lengths.push_back(2);
      }
    }
    return TokenTable(bytes, lengths);
  }();
  return result;
}

// A context shorter than the lanes, so that they have several segments.
const RandomDecoder& decoder() {
  static const RandomDecoder result = [] {
    DecoderShape shape = tests::small_decoder();
    shape.context = 23;
    shape.windows = {9, 23};
    return RandomDecoder(shape, *available_kernels().front());
  }();
  return result;
}

Bytes small_bytes(std::size_t count) {
  Bytes bytes = tests::some_bytes(count);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(byte % 3 == 0 ? 7 : byte % 60);
  return bytes;
}

struct Segmented {
  std::vector<std::int32_t> tokens, counts;
  LaneTokens lanes() const { return {tokens, counts}; }
};

// The longest token at each place.
Segmented segment(const Bytes& plain, BlockLayout layout) {
  Segmented result;
  for (std::size_t lane = 0; lane < layout.lanes(); ++lane) {
    const std::size_t first = layout.index(lane, 0);
    const auto bytes = std::span(plain).subspan(first, layout.length_of(lane));
    std::int32_t count = 0;
    for (std::size_t i = 0; i < bytes.size(); ++count) {
      std::size_t best = 0;
      for (std::size_t number = 0; number < table().size(); ++number) {
        const auto token = table().token(number);
        const bool fits =
            token.size() <= bytes.size() - i &&
            std::equal(token.begin(), token.end(), bytes.begin() + static_cast<std::ptrdiff_t>(i));
        if (fits) best = number;
      }
      result.tokens.push_back(static_cast<std::int32_t>(best));
      i += table().length(best);
    }
    result.counts.push_back(count);
  }
  return result;
}

// The payload as docs/format.md has it: each lane alone, symbol by symbol.
Bytes slow_payload(const Bytes& plain, BlockLayout layout, const Segmented& tokens,
                   std::optional<Mixing> mixing) {
  TokenBlockEncoder coder(table(), plain, layout, tokens.tokens, tokens.counts, mixing);
  const std::size_t vocabulary = table().size();
  std::vector<std::int32_t> all(layout.lanes() * coder.steps() * vocabulary);
  ThreadTeam team(1);
  const ThreadTeam::Lease lease(team);
  for (std::size_t lane = 0; lane < layout.lanes(); ++lane) {
    DecoderLanes state(decoder().engine, 1);
    for (std::size_t step = 0; coder.has(lane, step); ++step) {
      const bool first = step % decoder().engine.shape().context == 0;
      if (first) state.restart();
      const std::vector<std::int32_t> before{
          first ? 301 : static_cast<std::int32_t>(coder.token(lane, step - 1))};
      state.feed(before, 1, lease,
                 std::span(all).subspan((lane * coder.steps() + step) * vocabulary, vocabulary));
    }
  }
  coder.encode(all, coder.steps());
  return coder.finish();
}

}  // namespace

TEST_CASE("blocks of tokens come back, and are those of the slow way") {
  for (const auto& [length, lane_length] :
       std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 1}, {120, 120}, {299, 50}, {16, 1}}) {
    const Bytes plain = small_bytes(static_cast<std::size_t>(length));
    const BlockLayout layout(length, lane_length);
    const Segmented tokens = segment(plain, layout);
    for (const auto mixing : {std::optional<Mixing>{}, std::optional<Mixing>{Mixing{}}}) {
      const Bytes expected = slow_payload(plain, layout, tokens, mixing);
      for (const int threads : {1, 2, 3}) {
        ThreadTeam team(threads);
        CHECK(encode_token_block(decoder().engine, table(), team, plain, layout, tokens.lanes(),
                                 mixing, no_progress) == expected);
        CHECK(decode_token_block(decoder().engine, table(), team, expected, layout, mixing,
                                 no_progress) == plain);
      }
    }
  }
}

TEST_CASE("progress of blocks of tokens is told in bytes of a lane, and may end them") {
  const BlockLayout layout(300, 100);
  const Bytes plain = small_bytes(300);
  const Segmented tokens = segment(plain, layout);
  ThreadTeam team(2);
  std::size_t told = 0;
  const auto payload = encode_token_block(decoder().engine, table(), team, plain, layout,
                                          tokens.lanes(), {}, [&](std::size_t steps) {
                                            CHECK(steps >= told);
                                            told = steps;
                                          });
  CHECK(told == 100);
  const auto stop = [](std::size_t) { throw std::runtime_error("enough"); };
  CHECK_THROWS_WITH(
      encode_token_block(decoder().engine, table(), team, plain, layout, tokens.lanes(), {}, stop),
      "enough");
  CHECK_THROWS_WITH(decode_token_block(decoder().engine, table(), team, payload, layout, {}, stop),
                    "enough");
}

TEST_CASE("a table of other tokens is refused") {
  const TokenTable other({0, 1, 2}, Bytes{1, 1, 1});
  const BlockLayout layout(2, 2);
  const Segmented tokens{{0, 1}, {2}};
  ThreadTeam team(1);
  CHECK_THROWS_AS(encode_token_block(decoder().engine, other, team, Bytes{0, 1}, layout,
                                     tokens.lanes(), {}, no_progress),
                  InvalidArgument);
  CHECK_THROWS_AS(
      decode_token_block(decoder().engine, other, team, Bytes(20), layout, {}, no_progress),
      InvalidArgument);
}

TEST_CASE("memory may run out in a block of tokens") {
  const BlockLayout layout(60, 20);
  const Bytes plain = small_bytes(60);
  const Segmented tokens = segment(plain, layout);
  for (const int threads : {1, 2}) {
    ThreadTeam team(threads);
    const auto encode = [&] {
      return encode_token_block(decoder().engine, table(), team, plain, layout, tokens.lanes(),
                                Mixing{}, no_progress);
    };
    const Bytes payload = encode();
    const auto decode = [&] {
      return decode_token_block(decoder().engine, table(), team, payload, layout, Mixing{},
                                no_progress);
    };
    tests::fail_every_request(payload, encode);
    tests::fail_every_request(plain, decode);
    CHECK(encode() == payload);
    CHECK(decode() == plain);
  }
}
