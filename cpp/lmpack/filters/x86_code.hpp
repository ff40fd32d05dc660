// Targets of jumps and calls in x86 code as places in the block (docs/filters.md, section 2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/block_steps.hpp"
#include "lmpack/filters/direction.hpp"

namespace lmpack {

class X86Code {
 public:
  // One byte: 32 or 64 bits.
  explicit X86Code(std::span<const std::uint8_t> parameters);

  template <Direction direction>
  void transform(std::vector<std::uint8_t>& bytes, const StepsDone& steps_done) const;

 private:
  template <Direction direction>
  void transform_at(std::size_t i, std::vector<std::uint8_t>& bytes) const;

  bool has_relative_data_;  // 64-bit code also addresses data by their distance
};

}  // namespace lmpack
