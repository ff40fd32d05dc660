#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <iterator>
#include <random>
#include <vector>

#include "lmpack/error.hpp"
#include "lmpack/filters/filter.hpp"
#include "test_support.hpp"

namespace {

using namespace lmpack;

using Bytes = std::vector<std::uint8_t>;

struct Case {
  std::uint32_t id;
  Bytes parameters;
};

// 1 to 3 bytes a sample; how they stand for a number; channels; samples in a row.
Case samples(std::uint8_t width, std::uint8_t kind, std::uint8_t channels, std::uint8_t row) {
  return {kSamplesFilter, {width, kind, channels, row, 0}};
}

const std::vector<Case> kCases = {
    {kX86Filter, {32}},      {kX86Filter, {64}},     {kArm64Filter, {}},   {kDeltaFilter, {2, 2}},
    {kDeltaFilter, {4, 12}}, {kDeltaFilter, {8, 8}}, samples(1, 0, 1, 0),  samples(1, 2, 3, 0),
    samples(2, 2, 1, 0),     samples(2, 3, 2, 0),    samples(2, 0, 8, 0),  samples(3, 2, 1, 0),
    samples(3, 3, 2, 0),     samples(1, 0, 1, 3),    samples(1, 2, 3, 30), samples(2, 1, 1, 200),
    samples(2, 2, 8, 248)};

Bytes forward(const Case& filter, const Bytes& bytes) {
  return filter_bytes(bytes, filter.id, filter.parameters, no_progress);
}

Bytes back(const Case& filter, const Bytes& bytes) {
  return unfilter_bytes(bytes, filter.id, filter.parameters, no_progress);
}

// What drives predictions to their bounds: noise, then the loudest steps, then silence; and what
// looks like opcodes, also inside of one another's displacements.
Bytes extremes(std::size_t size) {
  constexpr std::uint8_t kCode[] = {0xE8, 0xE9, 0x0F, 0x85, 0x8B, 0x05, 0xC7, 0x00, 0xFF, 0x94};
  std::mt19937 random(1);
  Bytes bytes;
  while (bytes.size() < size) {
    const std::size_t i = bytes.size();
    const bool loud = i / 6 % 2 != 0;
    const std::size_t part = i % 8000 / 2000;
    bytes.push_back(part == 0   ? static_cast<std::uint8_t>(random())
                    : part == 1 ? static_cast<std::uint8_t>(loud ? 0x7F + i % 2 * 0x80 : 0x80)
                    : part == 2 ? std::uint8_t{0}
                                : kCode[random() % std::size(kCode)]);
  }
  return bytes;
}

void check_both_ways(const Case& filter, const Bytes& bytes) {
  CHECK(back(filter, forward(filter, bytes)) == bytes);
  // Any bytes are what the filter makes of some others.
  CHECK(forward(filter, back(filter, bytes)) == bytes);
}

TEST_CASE("every filter has an inverse for any bytes") {
  const Bytes plain = extremes(9001);
  for (const Case& filter : kCases) {
    CAPTURE(filter.id);
    CHECK(forward(filter, plain) != plain);
    check_both_ways(filter, plain);
  }
}

TEST_CASE("every filter has an inverse at every length and alignment") {
  const Bytes plain = extremes(8000);
  for (const Case& filter : kCases) {
    for (std::size_t start = 0; start < 8; ++start) {
      for (std::size_t size = 0; size <= 70; ++size) {
        const auto first = plain.end() - 80 + static_cast<std::ptrdiff_t>(start);
        check_both_ways(filter, Bytes(first, first + static_cast<std::ptrdiff_t>(size)));
      }
    }
  }
}

TEST_CASE("what filters make of any bytes is the same with every compiler and on every processor") {
  const Bytes plain = extremes(9001);
  std::uint64_t all = 0;
  for (const Case& filter : kCases) {
    for (const Bytes& bytes : {forward(filter, plain), back(filter, plain)}) {
      all = 31 * all + testing::digest(bytes);
    }
  }
  CHECK(all == 0xcab875469d1b7959);
}

TEST_CASE("calls of one function have one target") {
  Bytes code(100, 0x90);
  const auto call = [&](std::size_t at, int target) {
    const auto distance = static_cast<std::uint32_t>(target - static_cast<int>(at) - 5);
    code[at] = 0xE8;
    for (std::size_t k = 0; k < 4; ++k) {
      code[at + 1 + k] = static_cast<std::uint8_t>(distance >> 8 * k);
    }
  };
  call(10, 0x1234);
  call(60, 0x1234);
  const Bytes filtered = forward({kX86Filter, {32}}, code);
  for (const std::size_t at : {10U, 60U}) {
    const Bytes place(&filtered[at + 1], &filtered[at + 5]);
    CHECK(place == Bytes{0x00, 0x12, 0x34, 0x00});
  }
}

TEST_CASE("what can be predicted leaves little") {
  Bytes tone;
  for (int i = 0; i < 8000; ++i) {
    const auto sample = static_cast<std::uint16_t>(std::lround(9000 * std::sin(i / 5.0)));
    tone.push_back(static_cast<std::uint8_t>(sample));
    tone.push_back(static_cast<std::uint8_t>(sample >> 8));
  }
  const Bytes residuals = forward(samples(2, 2, 1, 0), tone);
  int large = 0;
  for (std::size_t i = residuals.size() / 2; i < residuals.size(); i += 2) {
    large += residuals[i] != 0 || residuals[i + 1] > 16;
  }
  CHECK(large < 400);
}

TEST_CASE("a picture of slopes leaves nothing") {
  Bytes picture;
  for (int y = 0; y < 60; ++y) {
    for (int x = 0; x < 90; ++x) picture.push_back(static_cast<std::uint8_t>(x + 2 * y));
  }
  const Bytes residuals = forward(samples(1, 0, 1, 90), picture);
  int left = 0;
  for (std::size_t i = residuals.size() / 2; i < residuals.size(); ++i) left += residuals[i] > 2;
  CHECK(left < 30);
}

TEST_CASE("other filters and parameters are refused") {
  for (const Case& filter : std::vector<Case>{{0, {}},
                                              {5, {}},
                                              {kX86Filter, {}},
                                              {kX86Filter, {16}},
                                              {kArm64Filter, {1}},
                                              {kDeltaFilter, {1, 1}},
                                              {kDeltaFilter, {4, 0}},
                                              {kDeltaFilter, {4, 6}},
                                              samples(0, 0, 1, 0),
                                              samples(4, 0, 1, 0),
                                              samples(2, 4, 1, 0),
                                              samples(2, 2, 0, 0),
                                              samples(2, 2, 9, 0),
                                              samples(1, 0, 1, 2),
                                              samples(1, 0, 3, 10),
                                              samples(3, 2, 1, 9)}) {
    CHECK_THROWS_AS(forward(filter, Bytes(40)), InvalidArgument);
    CHECK_THROWS_AS(back(filter, Bytes(40)), InvalidArgument);
  }
}

}  // namespace
