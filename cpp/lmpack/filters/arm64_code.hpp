// Targets of calls and pages of data in ARM64 code as places in the block (docs/filters.md,
// section 3).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/block_steps.hpp"
#include "lmpack/filters/direction.hpp"

namespace lmpack {

class Arm64Code {
 public:
  // It has no parameters.
  explicit Arm64Code(std::span<const std::uint8_t> parameters) { check_parameters(parameters, 0); }

  template <Direction direction>
  void transform(std::vector<std::uint8_t>& bytes, const StepsDone& steps_done) const;
};

}  // namespace lmpack
