// All kernels of mixing give the same integers, those of a plain loop.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lmpack/aligned.hpp"
#include "lmpack/mixing/bit_history.hpp"
#include "lmpack/mixing/context_inputs.hpp"
#include "lmpack/mixing/context_mixer.hpp"
#include "lmpack/mixing/mixer_layer.hpp"
#include "lmpack/mixing/mixing_kernels.hpp"
#include "test_support.hpp"

namespace {

using namespace lmpack;
using testing::Bytes;
using testing::Random;

using Row = AlignedVector<std::int16_t>;

constexpr std::int32_t kLargest = MixingKernels::kLargestInput;

// Mostly the values at which sums and steps are largest.
std::int16_t drawn(Random& random, std::int32_t lowest, std::int32_t highest) {
  switch (random.below(4)) {
    case 0:
      return static_cast<std::int16_t>(lowest);
    case 1:
      return static_cast<std::int16_t>(highest);
    default:
      return static_cast<std::int16_t>(
          lowest + static_cast<std::int32_t>(
                       random.below(static_cast<std::uint32_t>(highest - lowest + 1))));
  }
}

Row drawn_row(Random& random, std::size_t size, std::int32_t lowest, std::int32_t highest) {
  Row row(size);
  for (std::int16_t& value : row) value = drawn(random, lowest, highest);
  return row;
}

struct Operands {
  Row inputs;
  std::vector<Row> rows;
  std::vector<std::int16_t> errors;
};

// Some of them all extreme, so that sums of 32 bits are as large as they can be.
std::vector<Operands> some_operands() {
  Random random(1);
  std::vector<Operands> all;
  for (std::size_t size = 32; size <= 512; size += 32) {
    for (const std::int32_t input : {-kLargest, kLargest}) {
      all.push_back({Row(size, static_cast<std::int16_t>(input)),
                     {Row(size, -32768), Row(size, 32767)},
                     {-32767, 32767}});
    }
    for (int round = 0; round < 5; ++round) {
      Operands operands{drawn_row(random, size, -kLargest, kLargest), {}, {}};
      for (std::size_t i = 0; i < 1 + random.below(16); ++i) {
        operands.rows.push_back(drawn_row(random, size, -32768, 32767));
        operands.errors.push_back(drawn(random, -32767, 32767));
      }
      all.push_back(std::move(operands));
    }
  }
  return all;
}

// For as many rows as kernels take at once.
Row mixed_by(const MixingKernels& kernels, const Operands& operands) {
  std::vector<const std::int16_t*> rows;
  for (const Row& row : operands.rows) rows.push_back(row.data());
  Row logits(MixingKernels::kMostRows, 0);
  kernels.mix(operands.inputs.data(), operands.inputs.size(), rows.data(), rows.size(),
              logits.data());
  return logits;
}

std::vector<Row> trained_rows(const MixingKernels& kernels, Operands operands) {
  std::vector<std::int16_t*> rows;
  for (Row& row : operands.rows) rows.push_back(row.data());
  kernels.train(operands.inputs.data(), operands.inputs.size(), rows.data(), rows.size(),
                operands.errors.data());
  return operands.rows;
}

// What ContextInputs give for some bits of bytes with histories and runs of all kinds, and what
// they make of these.
Row inputs_over_time(const MixingKernels& kernels, std::size_t contexts, bool all) {
  constexpr std::size_t kOthers = 7;
  ContextInputs inputs(kernels, contexts, all, kOthers);
  Row seen;
  Random random(2);
  std::vector<HistorySlot> slots(8 * contexts);
  for (int byte = 0; byte < 300; ++byte) {
    for (std::size_t i = 0; i < contexts; ++i) {
      ByteRun run;
      run.byte = static_cast<std::uint8_t>(random.below(4) * 85);
      run.length = static_cast<std::uint8_t>(random.below(2) * random.below(256));
      inputs.set_run(i, run);
    }
    std::uint32_t prefix = 1;
    const std::uint32_t next = random.below(3) == 0 ? random.below(256) : random.below(4) * 85;
    for (int bit = 0; bit < 8; ++bit) {
      for (std::size_t i = 0; i < contexts; ++i) {
        inputs.set_slot(i, slots[random.below(8) * contexts + i]);
      }
      for (std::size_t i = 0; i < kOthers; ++i) {
        inputs.others()[i] = drawn(random, -kLargest, kLargest);
      }
      inputs.predict(prefix, bit, random.below(15));
      inputs.others()[random.below(kOthers)] = drawn(random, -kLargest, kLargest);
      seen.insert(seen.end(), inputs.inputs(), inputs.inputs() + inputs.layout().size());
      const std::uint32_t came = next >> (7 - bit) & 1;
      inputs.update(came);
      prefix = prefix << 1 | came;
    }
  }
  for (const HistorySlot& slot : slots) {
    seen.insert(seen.end(), slot.histories.begin(), slot.histories.end());
    seen.insert(seen.end(), {static_cast<std::int16_t>(slot.check), slot.run.byte});
  }
  return seen;
}

Bytes some_text(std::size_t size) {
  Bytes bytes;
  for (int i = 0; bytes.size() < size; ++i) {
    const std::string line = std::to_string(i * 7919 % 1000) + ", \"some words\"; {more} of them\n";
    bytes.insert(bytes.end(), line.begin(), line.end());
  }
  bytes.resize(size);
  return bytes;
}

// All probabilities of the bits of a block.
std::vector<Probability> probabilities(const MixingKernels& kernels, Predictor predictor,
                                       std::uint32_t stride, std::size_t models) {
  const Bytes plain = some_text(1500);
  const BlockLayout layout(1500, 600);
  ContextMixer mixer(plain, layout, stride, models, parts_of(predictor, stride != 0), kernels);
  std::vector<Probability> all;
  Random random(3);
  for (std::size_t lane = 0; lane < layout.lanes(); ++lane) {
    for (std::size_t step = 0; step < layout.length_of(lane); ++step) {
      mixer.start_byte(lane);
      const std::uint8_t byte = plain[layout.index(lane, step)];
      for (int bit = 7; bit >= 0; --bit) {
        const std::vector<Probability> said(models, 1 + random.below(kCertain));
        all.push_back(mixer.predict(said));
        mixer.update(byte >> bit & 1U);
      }
      mixer.finish_byte();
    }
  }
  return all;
}

}  // namespace

TEST_CASE("mixing: logits are the same with all kernels, those of a plain loop") {
  for (const Operands& operands : some_operands()) {
    Row expected(MixingKernels::kMostRows, 0);
    for (std::size_t k = 0; k < operands.rows.size(); ++k) {
      std::int64_t sum = 0;
      for (std::size_t i = 0; i < operands.inputs.size(); ++i) {
        sum += std::int64_t{operands.inputs[i]} * operands.rows[k][i];
      }
      expected[k] = static_cast<std::int16_t>(
          std::clamp<std::int64_t>(sum >> 14, -std::int64_t{kLargest}, kLargest));
    }
    for (const MixingKernels* kernels : available_mixing_kernels()) {
      CAPTURE(kernels->name);
      CHECK(mixed_by(*kernels, operands) == expected);
    }
  }
}

TEST_CASE("mixing: logits between the largest ones are exact with all kernels") {
  Random random(6);
  for (int round = 0; round < 2000; ++round) {
    const std::size_t size = 32 * (1 + random.below(10));
    Operands operands{drawn_row(random, size, -40, 40), {}, {}};
    for (std::size_t i = 0; i < 16; ++i) {
      operands.rows.push_back(drawn_row(random, size, -9000, 9000));
    }
    const Row expected = mixed_by(*available_mixing_kernels().back(), operands);
    for (const MixingKernels* kernels : available_mixing_kernels()) {
      CAPTURE(kernels->name);
      CHECK(mixed_by(*kernels, operands) == expected);
    }
  }
}

TEST_CASE("mixing: weights learn the same with all kernels, that of a plain loop") {
  for (const Operands& operands : some_operands()) {
    std::vector<Row> expected = operands.rows;
    for (std::size_t k = 0; k < expected.size(); ++k) {
      for (std::size_t i = 0; i < expected[k].size(); ++i) {
        const std::int64_t step =
            (std::int64_t{operands.inputs[i]} * operands.errors[k] + 16384) >> 15;
        expected[k][i] = static_cast<std::int16_t>(
            std::clamp<std::int64_t>(expected[k][i] + step, -32768, 32767));
      }
    }
    for (const MixingKernels* kernels : available_mixing_kernels()) {
      CAPTURE(kernels->name);
      CHECK(trained_rows(*kernels, operands) == expected);
    }
  }
}

TEST_CASE("mixing: inputs of contexts are the same with all kernels") {
  for (const bool all : {false, true}) {
    for (const std::size_t contexts : {3U, 8U, 43U}) {
      const Row expected = inputs_over_time(*available_mixing_kernels().back(), contexts, all);
      CHECK(*std::ranges::max_element(expected) > 500);
      CHECK(*std::ranges::min_element(expected) < -500);
      for (const MixingKernels* kernels : available_mixing_kernels()) {
        CAPTURE(kernels->name);
        CHECK(inputs_over_time(*kernels, contexts, all) == expected);
      }
    }
  }
}

TEST_CASE("mixing: a block has the same probabilities with all kernels") {
  for (const Predictor predictor : {Predictor::kLight, Predictor::kFull, Predictor::kStrong}) {
    for (const std::uint32_t stride : {0U, 7U}) {
      const std::size_t models = stride == 0 ? static_cast<std::size_t>(predictor) - 1 : 1;
      const auto expected =
          probabilities(*available_mixing_kernels().back(), predictor, stride, models);
      for (const MixingKernels* kernels : available_mixing_kernels()) {
        CAPTURE(kernels->name);
        CHECK(probabilities(*kernels, predictor, stride, models) == expected);
      }
    }
  }
}

TEST_CASE("mixing: portable kernels are the last ones") {
  CHECK(available_mixing_kernels().back()->name == "portable");
}

TEST_CASE("a layer of mixers is what a plain loop makes of its weights") {
  constexpr std::size_t kInputs = 41;
  constexpr std::size_t kSets[] = {3, 5};
  constexpr MixerLayer::Learning kLearning = {184, 400};
  std::vector<std::int16_t> first(kInputs);
  for (std::size_t i = 0; i < kInputs; ++i) first[i] = static_cast<std::int16_t>(300 + 7 * i);
  MixerLayer layer(*available_mixing_kernels().front(), first, kSets, kLearning);
  REQUIRE(layer.mixers() == 2);
  AlignedVector<std::int16_t> layer_inputs(MixerLayer::padded(kInputs));
  std::vector<std::vector<std::vector<std::int64_t>>> weights;
  std::vector<std::vector<std::int64_t>> used;
  for (const std::size_t sets : kSets) {
    weights.emplace_back(sets, std::vector<std::int64_t>(first.begin(), first.end()));
    used.emplace_back(sets, 0);
  }
  Random random(4);
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::int64_t> inputs(kInputs);
    for (std::size_t i = 0; i < kInputs; ++i) {
      layer_inputs[i] = drawn(random, -kLargest / 8, kLargest / 8);
      inputs[i] = layer_inputs[i];
    }
    const std::size_t chosen[] = {random.below(3), random.below(5)};
    layer.select(chosen);
    const Logit* const mixed = layer.mix(layer_inputs.data());
    const std::uint32_t bit = random.below(3) == 0 ? 1 : 0;
    for (std::size_t mixer = 0; mixer < 2; ++mixer) {
      auto& set = weights[mixer][chosen[mixer]];
      std::int64_t sum = 0;
      for (std::size_t i = 0; i < kInputs; ++i) sum += set[i] * inputs[i];
      const std::int64_t logit = std::clamp<std::int64_t>(sum >> 14, -kLargest, kLargest);
      CHECK(mixed[mixer] == logit);
      std::int64_t& age = used[mixer][chosen[mixer]];
      const std::int64_t rate = 184 + 400 * 32 / (age + 32);
      age = std::min<std::int64_t>(age + 1, 1023);
      const std::int64_t p = logistic().squash(static_cast<int>(logit));
      const std::int64_t error = ((std::int64_t{bit} << 16) - p) * rate >> 10;
      const std::int64_t bounded = std::clamp<std::int64_t>(error, -32767, 32767);
      for (std::size_t i = 0; i < kInputs; ++i) {
        const std::int64_t step = (inputs[i] * bounded + 16384) >> 15;
        set[i] = std::clamp<std::int64_t>(set[i] + step, -32768, 32767);
      }
    }
    layer.update(bit);
  }
}

TEST_CASE("a layer of mixers learns which input is right") {
  const std::vector<std::int16_t> first(3, 4000);
  constexpr std::size_t kSets[] = {1};
  MixerLayer layer(*available_mixing_kernels().front(), first, kSets, {184, 400});
  AlignedVector<std::int16_t> inputs(MixerLayer::padded(first.size()));
  Random random(5);
  Logit mixed = 0;
  std::uint32_t bit = 0;
  for (int round = 0; round < 3000; ++round) {
    bit = random.below(2);
    inputs[0] = static_cast<std::int16_t>(bit != 0 ? 600 : -600);
    for (std::size_t other : {1U, 2U}) inputs[other] = random.below(2) == 0 ? 600 : -600;
    constexpr std::size_t kSet[] = {0};
    layer.select(kSet);
    mixed = layer.mix(inputs.data())[0];
    layer.update(bit);
  }
  CHECK((bit != 0 ? mixed : -mixed) > 4 * kLogitUnit);
}
