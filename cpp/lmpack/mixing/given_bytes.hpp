// Bytes of a block that whoever decodes it has already.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "lmpack/error.hpp"

namespace lmpack {

// They are mixed and learned like all others, but not coded. They belong to the caller.
struct GivenBytes {
  std::span<const std::uint8_t> plain;     // the block; what is not given may have any value
  std::span<const std::uint8_t> is_given;  // [plain], 0 for what is coded; empty: all is coded

  bool has(std::size_t index) const { return !is_given.empty() && is_given[index] != 0; }
};

// Throws InvalidArgument unless there are none, or they are of a block of this length.
inline void check_given(const GivenBytes& given, std::size_t length) {
  if (given.is_given.empty() && given.plain.empty()) return;
  if (given.is_given.size() != length || given.plain.size() != length) {
    throw InvalidArgument("given bytes are of a block of another length");
  }
}

}  // namespace lmpack
