// The two ways in which the core refuses to go on.
#pragma once

#include <stdexcept>

namespace lmpack {

// The caller's mistake: an argument is out of its allowed range, or a call comes out of turn.
struct InvalidArgument : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

// The payload is not what the encoder writes for any sequence of symbols.
struct DamagedStream : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace lmpack
