// What the parts of a predictor are worth: blocks coded with some of them left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lmpack/mixing/mixing.hpp"

namespace lmpack {

// The names of the parts that can be left out: contexts by their names, and others.
std::vector<std::string> names_of_parts(Mixing mixing);

// Bytes of the payload of a block of one lane without a model, predicted without some parts, by
// kernels of this name. Throws InvalidArgument for a name that there is not.
std::size_t size_without_parts(std::span<const std::uint8_t> plain, Mixing mixing,
                               std::span<const std::string> without, std::string_view kernels);

}  // namespace lmpack
