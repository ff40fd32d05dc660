// Reversible transforms of a block: as many bytes, which can be mixed better (docs/filters.md).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/block_steps.hpp"

namespace lmpack {

// What a filter needs to know, as a payload states it: docs/filters.md has the layouts.
using FilterParameters = std::span<const std::uint8_t>;

// The numbers of the filters in a payload.
inline constexpr std::uint32_t kSamplesFilter = 1;
inline constexpr std::uint32_t kX86Filter = 2;
inline constexpr std::uint32_t kArm64Filter = 3;
inline constexpr std::uint32_t kDeltaFilter = 4;

// Throws InvalidArgument if there is no such filter or it has other parameters.
std::vector<std::uint8_t> filter_bytes(std::span<const std::uint8_t> plain, std::uint32_t filter_id,
                                       FilterParameters parameters, const StepsDone& steps_done);

// The inverse, which every sequence of bytes has.
std::vector<std::uint8_t> unfilter_bytes(std::span<const std::uint8_t> filtered,
                                         std::uint32_t filter_id, FilterParameters parameters,
                                         const StepsDone& steps_done);

}  // namespace lmpack
