// Numbers of records as what they exceed those of the record before (docs/filters.md, section 4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/block_steps.hpp"
#include "lmpack/filters/direction.hpp"

namespace lmpack {

class Delta {
 public:
  // Two bytes: those of a number, then those from one to the number before it.
  explicit Delta(std::span<const std::uint8_t> parameters);

  template <Direction direction>
  void transform(std::vector<std::uint8_t>& bytes, const StepsDone& steps_done) const;

 private:
  std::size_t width_ = 0;
  std::size_t stride_ = 0;
};

}  // namespace lmpack
