// What all filters share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "lmpack/error.hpp"

namespace lmpack {

enum class Direction : std::uint8_t { kForward, kBack };

// Throws InvalidArgument unless there are so many bytes of parameters.
inline void check_parameters(std::span<const std::uint8_t> parameters, std::size_t size) {
  if (parameters.size() != size) {
    throw InvalidArgument("this filter has " + std::to_string(size) + " bytes of parameters, not " +
                          std::to_string(parameters.size()));
  }
}

// Throws InvalidArgument with the rule unless it is kept.
inline void require_parameter(bool is_kept, const char* rule) {
  if (!is_kept) throw InvalidArgument(rule);
}

}  // namespace lmpack
