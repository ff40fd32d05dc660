#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "lmpack/decoder/arithmetic.hpp"
#include "lmpack/decoder/kernels.hpp"
#include "random_decoder.hpp"

namespace {

using namespace lmpack;

const DecoderKernels& portable() { return decoder_kernels(*available_kernels().back()); }

// Calls check(kernels) for all that are not the portable ones.
template <typename Check>
void for_others(const Check& check) {
  for (const Kernels* kernels : available_kernels()) {
    CAPTURE(kernels->name);
    if (kernels != available_kernels().back()) check(decoder_kernels(*kernels));
  }
}

class Random {
 public:
  float number() { return static_cast<float>(static_cast<int>(engine_() % 2001) - 1000) / 37; }
  std::size_t below(std::size_t limit) { return engine_() % limit; }

  std::vector<float> numbers(std::size_t count) {
    std::vector<float> result(count);
    for (float& value : result) value = number();
    return result;
  }

  template <typename Integer>
  std::vector<Integer> integers(std::size_t count, int lowest, int highest) {
    std::vector<Integer> result(count);
    const auto range = static_cast<unsigned>(highest - lowest + 1);
    for (auto& value : result) {
      value = static_cast<Integer>(lowest + static_cast<int>(engine_() % range));
    }
    return result;
  }

 private:
  std::mt19937 engine_{5};
};

// Rows that are easy to get wrong, and ordinary ones.
std::vector<std::vector<float>> rows_of(Random& random, std::size_t channels) {
  std::vector<float> ties(channels, 3);
  for (std::size_t i = 0; i < channels; i += 3) ties[i] = -3;
  std::vector<float> single(channels);
  single[channels - 1] = 0x1p-30F;
  std::vector<float> huge = random.numbers(channels);
  for (float& value : huge) value *= 0x1p60F;
  return {std::vector<float>(channels), std::vector<float>(channels, -0.0F), ties, single, huge,
          random.numbers(channels)};
}

}  // namespace

TEST_CASE("rows become the same integers and scales") {
  Random random;
  for (const std::size_t channels : {32U, 64U, 96U, 128U, 160U, 192U, 640U}) {
    for (const auto& row : rows_of(random, channels)) {
      std::vector<std::int32_t> scratch(channels);
      std::vector<std::uint8_t> bytes(channels), plain(channels);
      const float scale =
          portable().rotate(row.data(), channels, 127, 128, scratch.data(), bytes.data());
      const float plain_scale = portable().quantize(row.data(), channels, plain.data());
      CHECK(scale > 0);
      for_others([&](const DecoderKernels& kernels) {
        std::vector<std::uint8_t> other(channels);
        CHECK(kernels.rotate(row.data(), channels, 127, 128, scratch.data(), other.data()) ==
              scale);
        CHECK(other == bytes);
        CHECK(kernels.quantize(row.data(), channels, other.data()) == plain_scale);
        CHECK(other == plain);
      });
    }
  }
}

TEST_CASE("the rotation is that of the Sylvester matrix") {
  // Entry (i, k) is -1 where i and k have an odd number of bits in common.
  const std::size_t channels = 96;  // blocks of 32
  Random random;
  const auto row = random.integers<float>(channels, -100, 100);
  float top = 0;
  for (const float value : row) top = std::max(top, std::fabs(value));
  std::vector<double> rotated(channels);
  double rotated_top = 1;
  for (std::size_t i = 0; i < channels; ++i) {
    for (std::size_t k = i / 32 * 32; k < i / 32 * 32 + 32; ++k) {
      const auto value = static_cast<double>(std::nearbyint(row[k] * (32767 / top)));
      rotated[i] += std::popcount(i & k & 31) % 2 == 0 ? value : -value;
    }
    rotated_top = std::max(rotated_top, std::fabs(rotated[i]));
  }
  for (const Kernels* kernels : available_kernels()) {
    CAPTURE(kernels->name);
    std::vector<std::int32_t> scratch(channels);
    std::vector<std::uint8_t> bytes(channels);
    decoder_kernels(*kernels).rotate(row.data(), channels, 64, 0, scratch.data(), bytes.data());
    for (std::size_t i = 0; i < channels; ++i) {
      CHECK(scratch[i] == rotated[i]);
      const float factor = 64 / static_cast<float>(rotated_top);
      CHECK(static_cast<std::int8_t>(bytes[i]) ==
            std::nearbyint(static_cast<float>(rotated[i]) * factor));
    }
  }
}

TEST_CASE("rows are normalised, turned, activated and added alike") {
  Random random;
  for (const std::size_t channels : {32U, 96U, 640U}) {
    const auto gain = random.numbers(channels);
    const auto bias = random.numbers(channels);
    const auto factors = random.numbers(channels);
    std::vector<float> knots = random.numbers(1026);
    for (float& knot : knots) knot /= 32;
    std::vector<float> differences(1025);
    for (std::size_t i = 0; i < 1025; ++i) differences[i] = knots[i + 1] - knots[i];
    for (const auto& row : rows_of(random, channels)) {
      const auto results = [&](const DecoderKernels& kernels) {
        std::vector<std::vector<float>> all;
        const auto add = [&](auto step) {
          auto values = row;
          step(values.data());
          all.push_back(values);
        };
        std::vector<std::int32_t> scratch(channels);
        for (const bool layer : {false, true}) {
          add([&](float* values) {
            kernels.normalize({layer, 1e-6F, gain.data(), bias.data()}, channels, scratch.data(),
                              values);
          });
        }
        add([&](float* values) { kernels.turn(gain.data(), bias.data(), channels, values); });
        for (const float* factor : {static_cast<const float*>(nullptr), factors.data()}) {
          add([&](float* values) {
            kernels.activate(knots.data(), differences.data(), 8, factor, channels, values);
          });
        }
        add([&](float* values) {
          std::vector<std::int32_t> residual(channels, 8'388'600);
          kernels.add_to_stream(values, channels, 256, residual.data());
          kernels.read_stream(residual.data(), channels, 1.0F / 256, values);
        });
        return all;
      };
      const auto expected = results(portable());
      for_others([&](const DecoderKernels& kernels) { CHECK(results(kernels) == expected); });
    }
  }
}

TEST_CASE("products of any number of rows are the same") {
  Random random;
  for (const std::size_t count : {1U, 2U, 3U, 5U, 8U, 9U, 15U, 64U}) {
    const std::size_t inputs = 32 * (1 + random.below(4));
    const std::size_t outputs = 32 * (1 + random.below(5));
    const auto weights = random.integers<std::int8_t>(inputs * outputs, -64, 64);
    const auto rows = random.integers<std::uint8_t>(count * inputs, 1, 255);
    auto multiplier = random.numbers(outputs);
    multiplier[0] = 0x1p30F;  // beyond what a result may be
    const auto bias = random.numbers(outputs);
    const auto scales = random.numbers(count);
    const auto results = [&](const DecoderKernels& kernels, bool biased) {
      std::vector<std::int32_t> compensation(outputs);
      CHECK(kernels.sum_columns(weights.data(), inputs, outputs, compensation.data()));
      const DecoderMatrix matrix{inputs,
                                 outputs,
                                 weights.data(),
                                 compensation.data(),
                                 multiplier.data(),
                                 biased ? bias.data() : nullptr};
      const ScaledRows left{{rows.data(), count, inputs}, scales.data()};
      std::vector<float> out(count * outputs);
      // In two parts, as threads take them.
      const std::size_t half = outputs / 64 * 32;
      if (half > 0) kernels.project(left, matrix.columns(0, half), out.data(), outputs);
      kernels.project(left, matrix.columns(half, outputs - half), out.data() + half, outputs);
      std::vector<std::int16_t> logits(count * outputs);
      kernels.logits(left, matrix, logits.data(), outputs);
      for (const std::int16_t logit : logits) out.push_back(logit);
      return out;
    };
    for (const bool biased : {false, true}) {
      const auto expected = results(portable(), biased);
      for_others([&](const auto& kernels) { CHECK(results(kernels, biased) == expected); });
    }
  }
}

TEST_CASE("sums of columns are right, and notice a weight out of range wherever it is") {
  Random random;
  const std::size_t inputs = 64, outputs = 32;
  auto weights = random.integers<std::int8_t>(inputs * outputs, -64, 64);
  std::vector<std::int32_t> expected(outputs);
  for (std::size_t i = 0; i < inputs; ++i) {
    for (std::size_t column = 0; column < outputs; ++column) {
      expected[column] -= 128 * weights[packed_index(i, column, inputs)];
    }
  }
  for (const Kernels* kernels : available_kernels()) {
    CAPTURE(kernels->name);
    const auto sum = decoder_kernels(*kernels).sum_columns;
    std::vector<std::int32_t> found(outputs);
    CHECK(sum(weights.data(), inputs, outputs, found.data()));
    CHECK(found == expected);
    for (std::size_t i = 0; i < weights.size(); i += 41) {
      for (const int wrong : {65, -65, 127, -128}) {
        const std::int8_t before = weights[i];
        weights[i] = static_cast<std::int8_t>(wrong);
        CHECK_FALSE(sum(weights.data(), inputs, outputs, found.data()));
        weights[i] = before;
      }
    }
  }
}

TEST_CASE("attention over any part of a ring is the same") {
  Random random;
  tests::RandomDecoderTensors tensors(tests::small_decoder(), 1);
  const auto table = tensors.source().float32("attention_exp2", 3088);
  for (const std::size_t head_width : {32U, 96U}) {
    for (const std::size_t heads : {1U, 2U, 3U, 5U, 8U}) {
      const std::size_t slots = 112;
      const auto queries = random.integers<std::uint8_t>(heads * head_width, 1, 255);
      const auto keys = random.integers<std::int8_t>(head_width * slots, -64, 64);
      const auto values = random.integers<std::int8_t>(head_width * slots, -64, 64);
      const auto compensation = random.integers<std::int32_t>(slots, -9000, 9000);
      std::vector<float> scales(2 * slots + heads);
      for (float& scale : scales) scale = std::fabs(random.number()) / 700 + 0x1p-20F;
      for (const std::size_t visible : {1U, 15U, 16U, 17U, 50U, 112U}) {
        const auto means_of = [&](const DecoderKernels& kernels) {
          std::vector<float> scores(heads * slots), ratios(slots), means(heads * head_width);
          std::vector<std::uint8_t> planes(2 * heads * slots);
          kernels.attend({heads, head_width, queries.data(), scales.data() + 2 * slots, keys.data(),
                          values.data(), compensation.data(), scales.data(), scales.data() + slots,
                          slots, visible, table.data(), scores.data(), ratios.data(), planes.data(),
                          means.data()});
          return means;
        };
        const auto expected = means_of(portable());
        CHECK(std::ranges::any_of(expected, [](float mean) { return mean != 0; }));
        for_others([&](const auto& kernels) { CHECK(means_of(kernels) == expected); });
      }
    }
  }
}

TEST_CASE("embeddings of any block are the same") {
  for (const std::size_t width : {32U, 64U, 128U, 160U}) {
    for (const bool learned : {false, true}) {
      DecoderShape shape = tests::small_decoder();
      shape.width = width;
      if (learned) shape.ropes = {};
      const auto residual_of = [&](const Kernels& kernels, float multiplier) {
        tests::RandomDecoderTensors tensors(shape, 3);
        const DecoderEngine engine(shape, tensors.source(), kernels);
        tensors.float32("embedding.multiplier")[300] = multiplier;
        std::vector<std::int32_t> residual(width);
        engine.kernels().embed(engine.weights().embedding, 300, engine.weights().positions,
                               residual.data());
        return residual;
      };
      for (const float multiplier : {0.7F, 0x1p30F}) {
        const auto expected = residual_of(*available_kernels().back(), multiplier);
        if (multiplier > 1) CHECK(std::ranges::max(expected) == 8'388'608);
        for (const Kernels* kernels : available_kernels()) {
          CHECK(residual_of(*kernels, multiplier) == expected);
        }
      }
    }
  }
}

TEST_CASE("weights are those of the page, for any number of tokens") {
  Random random;
  tests::RandomDecoderTensors tensors(tests::small_decoder(), 1);
  std::vector<std::int32_t> exp2;
  for (const float value : tensors.source().float32("exp2", 256)) {
    exp2.push_back(static_cast<std::int32_t>(value));
  }
  for (const std::size_t vocabulary : {1U, 15U, 16U, 17U, 33U, 1000U}) {
    // What lies behind the last token must not matter.
    auto logits = random.integers<std::int16_t>(round_up(vocabulary, 32), -32000, 32000);
    std::fill(logits.begin() + static_cast<std::ptrdiff_t>(vocabulary), logits.end(), 32000);
    const auto end = logits.begin() + static_cast<std::ptrdiff_t>(vocabulary);
    for (auto logit = logits.begin(); logit != end; ++logit) {
      if (random.below(2) == 0) *logit = static_cast<std::int16_t>(*logit / 8 + 27000);
    }
    const int top = *std::max_element(logits.begin(), end);
    for (const Kernels* kernels : available_kernels()) {
      CAPTURE(kernels->name);
      std::vector<std::int32_t> weights(logits.size());
      decoder_kernels(*kernels).weigh(logits.data(), vocabulary, exp2.data(), weights.data());
      for (std::size_t i = 0; i < vocabulary; ++i) {
        const int below = top - logits[i];
        const int expected =
            below / 256 > 30 ? 0 : exp2[static_cast<std::size_t>(below % 256)] >> below / 256;
        CHECK(weights[i] == expected);
      }
    }
  }
}
