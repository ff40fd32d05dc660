#include "lmpack/samples/residuals.hpp"

#include <string>

#include "lmpack/error.hpp"
#include "lmpack/samples/sample_predictor.hpp"

namespace lmpack {
namespace {

SamplePredictor predictor_for(std::size_t channels) {
  if (channels < 1 || channels > kMostChannels) {
    throw InvalidArgument("there can be 1 to " + std::to_string(kMostChannels) + " channels, not " +
                          std::to_string(channels));
  }
  return SamplePredictor(channels);
}

// 0, -1, 1, -2, 2, ... become 0, 1, 2, 3, 4, ..., so that small residuals have a high byte of 0.
std::uint16_t folded(std::int16_t value) {
  return static_cast<std::uint16_t>(value < 0 ? -2 * value - 1 : 2 * value);
}

std::int16_t unfolded(std::uint16_t value) {
  return static_cast<std::int16_t>(value % 2 != 0 ? -(value / 2) - 1 : value / 2);
}

// Steps between two reports: about a millisecond.
constexpr std::size_t kSamplesReport = 4096;

// Calls code(place) for the place of every whole sample among the bytes.
template <typename Code>
void for_each_sample(std::size_t bytes, const StepsDone& steps_done, const Code& code) {
  for (std::size_t step = 0; step < bytes / 2; ++step) {
    if (step % kSamplesReport == 0) steps_done(step);
    code(2 * step);
  }
}

}  // namespace

std::vector<std::uint8_t> residuals_of(std::span<const std::uint8_t> samples, std::size_t channels,
                                       const StepsDone& steps_done) {
  SamplePredictor predictor = predictor_for(channels);
  std::vector<std::uint8_t> residuals(samples.begin(), samples.end());
  for_each_sample(samples.size(), steps_done, [&](std::size_t i) {
    const auto sample = static_cast<std::int16_t>(samples[i] | samples[i + 1] << 8);
    // The difference may leave 16 bits; modulo 2**16 it is enough to come back.
    const auto residual = static_cast<std::int16_t>(sample - predictor.predict());
    predictor.update(sample);
    const std::uint16_t value = folded(residual);
    residuals[i] = static_cast<std::uint8_t>(value >> 8);
    residuals[i + 1] = static_cast<std::uint8_t>(value);
  });
  return residuals;
}

std::vector<std::uint8_t> samples_of(std::span<const std::uint8_t> residuals, std::size_t channels,
                                     const StepsDone& steps_done) {
  SamplePredictor predictor = predictor_for(channels);
  std::vector<std::uint8_t> samples(residuals.begin(), residuals.end());
  for_each_sample(residuals.size(), steps_done, [&](std::size_t i) {
    const auto value = static_cast<std::uint16_t>(residuals[i] << 8 | residuals[i + 1]);
    const auto sample = static_cast<std::int16_t>(unfolded(value) + predictor.predict());
    predictor.update(sample);
    samples[i] = static_cast<std::uint8_t>(sample);
    samples[i + 1] = static_cast<std::uint8_t>(sample >> 8);
  });
  return samples;
}

}  // namespace lmpack
