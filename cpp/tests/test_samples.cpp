#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "lmpack/error.hpp"
#include "lmpack/samples/residuals.hpp"

namespace {

using namespace lmpack;

using Bytes = std::vector<std::uint8_t>;

Bytes little_endian(const std::vector<std::int16_t>& samples) {
  Bytes bytes;
  for (const std::int16_t sample : samples) {
    bytes.push_back(static_cast<std::uint8_t>(sample));
    bytes.push_back(static_cast<std::uint8_t>(sample >> 8));
  }
  return bytes;
}

// What drives filters to their bounds: noise, then the loudest steps, then silence, then noise.
Bytes extremes() {
  std::mt19937 random(1);
  std::vector<std::int16_t> samples;
  for (int i = 0; i < 6000; ++i) {
    const bool loud = i / 3 % 2 != 0;
    samples.push_back(i % 3000 < 1000   ? static_cast<std::int16_t>(random())
                      : i % 3000 < 2000 ? (loud ? INT16_MAX : INT16_MIN)
                                        : std::int16_t{0});
  }
  return little_endian(samples);
}

TEST_CASE("samples come back from their residuals") {
  Bytes plain = extremes();
  for (const std::size_t channels : {1U, 2U, 3U, 8U}) {
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, plain.size(), plain.size() - 1}) {
      const Bytes part(plain.begin(), plain.begin() + static_cast<std::ptrdiff_t>(size));
      CHECK(samples_of(residuals_of(part, channels, no_progress), channels, no_progress) == part);
      // Any bytes are the residuals of some samples.
      CHECK(residuals_of(samples_of(part, channels, no_progress), channels, no_progress) == part);
    }
  }
}

TEST_CASE("what can be predicted leaves little") {
  std::vector<std::int16_t> samples;
  for (int i = 0; i < 8000; ++i) {
    samples.push_back(static_cast<std::int16_t>(std::lround(9000 * std::sin(i / 5.0))));
  }
  const Bytes residuals = residuals_of(little_endian(samples), 1, no_progress);
  int large = 0;
  for (std::size_t i = residuals.size() / 2; i < residuals.size(); i += 2) {
    large += residuals[i] != 0 || residuals[i + 1] > 16;
  }
  CHECK(large < 400);
}

TEST_CASE("the number of channels is bounded") {
  CHECK_THROWS_AS(residuals_of(Bytes(4), 0, no_progress), InvalidArgument);
  CHECK_THROWS_AS(samples_of(Bytes(4), kMostChannels + 1, no_progress), InvalidArgument);
}

}  // namespace
