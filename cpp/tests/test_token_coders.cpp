#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lmpack/error.hpp"
#include "lmpack/tokens/token_block_decoder.hpp"
#include "lmpack/tokens/token_block_encoder.hpp"
#include "test_support.hpp"
#include "token_tables.hpp"

namespace {

using namespace lmpack;
using testing::Bytes;
using testing::Random;
using tests::table_of;

using Tokens = std::vector<std::int32_t>;
using Weights = std::vector<std::int32_t>;

const TokenTable& table() {
  static const TokenTable result = table_of({"a", "ab", "abab", "b", "ba", "c"});
  return result;
}

const BlockLayout kLayout(11, 6);
const Bytes kPlain{'a', 'b', 'a', 'b', 'a', 'c', 'b', 'a', 'b', 'a', 'b'};
// abab a c and ba ba b: two lanes of as many tokens; or one of six and one of two.
const Tokens kTokens{2, 0, 5, 4, 4, 3};
const Tokens kCounts{3, 3};
const Tokens kOtherTokens{0, 3, 0, 3, 0, 5, 3, 2};
const Tokens kOtherCounts{6, 2};

const std::vector<std::optional<Mixing>> kMixings{std::nullopt, Mixing{},
                                                  Mixing{2, Predictor::kFull}};

// Weights of a token of a lane that depend on both, some of them 0.
Weights weights_of(std::size_t lane, std::size_t step) {
  Weights weights(table().size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = static_cast<std::int32_t>((lane * 31 + step * 7 + i * 13) % 11 << 26);
  }
  return weights;
}

Weights all_weights(std::size_t lanes, std::size_t steps) {
  Weights all;
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    for (std::size_t step = 0; step < steps; ++step) {
      const Weights row = weights_of(lane, step);
      all.insert(all.end(), row.begin(), row.end());
    }
  }
  return all;
}

Bytes encode(const Tokens& tokens, const Tokens& counts, std::optional<Mixing> mixing) {
  TokenBlockEncoder encoder(table(), kPlain, kLayout, tokens, counts, mixing);
  encoder.encode(all_weights(2, encoder.steps()), encoder.steps());
  return encoder.finish();
}

// The tokens of each step, until all lanes are full.
std::vector<Tokens> decode(TokenBlockDecoder& decoder) {
  std::vector<Tokens> steps;
  while (!decoder.done()) {
    Weights weights;
    for (std::size_t lane = 0; lane < 2; ++lane) {
      const Weights row = weights_of(lane, steps.size());
      weights.insert(weights.end(), row.begin(), row.end());
    }
    steps.emplace_back(2, -1);
    decoder.decode(weights, steps.back());
  }
  return steps;
}

TEST_CASE("tokens come back, and lanes that are full give 0") {
  for (const auto& mixing : kMixings) {
    TokenBlockDecoder decoder(table(), encode(kTokens, kCounts, mixing), kLayout, mixing);
    CHECK(decode(decoder) == std::vector<Tokens>{{2, 4}, {0, 4}, {5, 3}});
    CHECK(decoder.finish() == kPlain);
    TokenBlockDecoder other(table(), encode(kOtherTokens, kOtherCounts, mixing), kLayout, mixing);
    CHECK(decode(other) == std::vector<Tokens>{{0, 3}, {3, 2}, {0, 0}, {3, 0}, {0, 0}, {5, 0}});
    CHECK(other.coded() == kPlain.size());
    CHECK(other.finish() == kPlain);
  }
}

TEST_CASE("pieces, paths and sums give the same as whole tables") {
  for (const auto& mixing : kMixings) {
    const Bytes expected = encode(kOtherTokens, kOtherCounts, mixing);
    TokenBlockEncoder pieces(table(), kPlain, kLayout, kOtherTokens, kOtherCounts, mixing);
    TokenBlockEncoder paths(table(), kPlain, kLayout, kOtherTokens, kOtherCounts, mixing);
    TokenBlockDecoder decoder(table(), expected, kLayout, mixing);
    for (std::size_t step = 0; step < pieces.steps(); ++step) {
      Weights weights;
      std::vector<TokenPath> path_of_lane(2);
      std::vector<WeightSums> sums(2, WeightSums(table().size()));
      for (std::size_t lane = 0; lane < 2; ++lane) {
        const Weights row = weights_of(lane, step);
        weights.insert(weights.end(), row.begin(), row.end());
        sums[lane].assign(row);
        CHECK(decoder.is_active(lane) == paths.has(lane, step));
        if (paths.has(lane, step)) paths.find_path(lane, step, sums[lane], path_of_lane[lane]);
      }
      pieces.encode(weights, 1);
      paths.encode(path_of_lane, 1);
      Tokens tokens(2);
      decoder.decode(sums, tokens);
      if (paths.has(0, step)) CHECK(tokens[0] == static_cast<int>(paths.token(0, step)));
    }
    CHECK(pieces.finish() == expected);
    CHECK(paths.finish() == expected);
    CHECK(decoder.finish() == kPlain);
  }
}

TEST_CASE("what stands in lanes that have ended is ignored") {
  TokenBlockEncoder encoder(table(), kPlain, kLayout, kOtherTokens, kOtherCounts, Mixing{});
  Weights weights = all_weights(2, 6);
  for (std::size_t i = (6 + 2) * table().size(); i < weights.size(); ++i) weights[i] = -1;
  encoder.encode(weights, 6);
  CHECK(encoder.finish() == encode(kOtherTokens, kOtherCounts, Mixing{}));
}

TEST_CASE("a token that the weights exclude can be coded all the same") {
  const Weights zeros(2 * 3 * table().size(), 0);
  for (const auto& mixing : kMixings) {
    TokenBlockEncoder encoder(table(), kPlain, kLayout, kTokens, kCounts, mixing);
    encoder.encode(zeros, 3);
    TokenBlockDecoder decoder(table(), encoder.finish(), kLayout, mixing);
    Tokens tokens(2);
    while (!decoder.done()) decoder.decode(std::span(zeros).first(2 * table().size()), tokens);
    CHECK(decoder.finish() == kPlain);
  }
}

TEST_CASE("token coders refuse what is out of turn or of another size") {
  TokenBlockEncoder encoder(table(), kPlain, kLayout, kTokens, kCounts, {});
  CHECK_THROWS_AS(encoder.finish(), InvalidArgument);
  CHECK_THROWS_AS(encoder.encode(all_weights(2, 4), 4), InvalidArgument);
  CHECK_THROWS_AS(encoder.encode(all_weights(2, 2), 1), InvalidArgument);
  CHECK_THROWS_AS(encoder.encode(std::vector<TokenPath>(3), 1), InvalidArgument);
  encoder.encode(all_weights(2, 3), 3);
  const Bytes payload = encoder.finish();
  CHECK_THROWS_AS(encoder.finish(), InvalidArgument);
  CHECK_THROWS_AS(encoder.encode(Weights{}, 0), InvalidArgument);
  TokenBlockDecoder decoder(table(), payload, kLayout, {});
  Tokens tokens(2);
  Tokens three(3);
  CHECK_THROWS_AS(decoder.finish(), InvalidArgument);
  CHECK_THROWS_AS(decoder.decode(all_weights(2, 1), three), InvalidArgument);
  CHECK_THROWS_AS(decoder.decode(all_weights(1, 1), tokens), InvalidArgument);
  decode(decoder);
  CHECK_THROWS_AS(decoder.decode(all_weights(2, 1), tokens), InvalidArgument);
  CHECK(decoder.finish() == kPlain);
  CHECK_THROWS_AS(decoder.finish(), InvalidArgument);
}

TEST_CASE("token coders stop for good at bad weights or damage") {
  Weights bad = all_weights(2, 1);
  bad[3] = -1;
  TokenBlockEncoder encoder(table(), kPlain, kLayout, kTokens, kCounts, {});
  CHECK_THROWS_AS(encoder.encode(bad, 1), InvalidArgument);
  CHECK_THROWS_AS(encoder.encode(all_weights(2, 1), 1), InvalidArgument);
  TokenBlockDecoder decoder(table(), {}, kLayout, {});
  Tokens tokens(2);
  CHECK_THROWS_AS(decoder.decode(bad, tokens), InvalidArgument);
  CHECK_THROWS_AS(decoder.decode(all_weights(2, 1), tokens), InvalidArgument);
}

TEST_CASE("a lane that ends inside of a token is damage") {
  const TokenTable only = table_of({"abc"});
  const Weights weights{1};
  Tokens tokens(1);
  TokenBlockDecoder whole(only, {}, BlockLayout(6, 6), {});
  whole.decode(weights, tokens);
  whole.decode(weights, tokens);
  CHECK(whole.finish() == Bytes{'a', 'b', 'c', 'a', 'b', 'c'});
  for (const auto& mixing : kMixings) {
    TokenBlockDecoder cut(only, {}, BlockLayout(5, 5), mixing);
    cut.decode(weights, tokens);
    CHECK_THROWS_AS(cut.decode(weights, tokens), DamagedStream);
    CHECK_THROWS_AS(cut.decode(weights, tokens), InvalidArgument);
  }
}

TEST_CASE("noise as a payload is the one of its tokens, or damage") {
  Random random(3);
  int decoded = 0;
  for (int round = 0; round < 3000; ++round) {
    Bytes payload(random.below(6));
    for (auto& byte : payload) byte = static_cast<std::uint8_t>(random.below(256));
    const auto& mixing = kMixings[static_cast<std::size_t>(round) % kMixings.size()];
    std::vector<Tokens> steps;
    Bytes plain;
    try {
      TokenBlockDecoder decoder(table(), payload, kLayout, mixing);
      steps = decode(decoder);
      plain = decoder.finish();
    } catch (const DamagedStream&) {
      continue;
    }
    ++decoded;
    Tokens tokens;
    Tokens counts;
    for (std::size_t lane = 0; lane < 2; ++lane) {
      const std::size_t start = tokens.size();
      std::size_t rest = kLayout.length_of(lane);
      for (std::size_t step = 0; rest > 0; ++step) {
        tokens.push_back(steps[step][lane]);
        rest -= table().length(static_cast<std::size_t>(tokens.back()));
      }
      counts.push_back(static_cast<std::int32_t>(tokens.size() - start));
    }
    TokenBlockEncoder encoder(table(), plain, kLayout, tokens, counts, mixing);
    encoder.encode(all_weights(2, encoder.steps()), encoder.steps());
    CHECK(encoder.finish() == payload);
  }
  CHECK(decoded > 0);
}

}  // namespace
