// 16-bit samples as what their prediction lacks (docs/mixing.md, section 7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/block_steps.hpp"

namespace lmpack {

inline constexpr std::size_t kMostChannels = 8;

// The residuals of little-endian samples of interleaved channels, 1 to kMostChannels: as many
// bytes. An odd last byte stays as it is. Each sample is a step.
std::vector<std::uint8_t> residuals_of(std::span<const std::uint8_t> samples, std::size_t channels,
                                       const StepsDone& steps_done);

// The inverse.
std::vector<std::uint8_t> samples_of(std::span<const std::uint8_t> residuals, std::size_t channels,
                                     const StepsDone& steps_done);

}  // namespace lmpack
