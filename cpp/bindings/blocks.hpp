// What functions over whole blocks have in common.
#pragma once

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "lmpack/block_steps.hpp"
#include "lmpack/coder/block_layout.hpp"
#include "lmpack/mixing/given_bytes.hpp"
#include "lmpack/mixing/mixing.hpp"

namespace lmpack::bindings {

// Calls a Python function from a thread without the GIL; its exceptions go through. The function
// must outlive the result.
StepsDone steps_done_from(const pybind11::function& function);

// The layout of the bytes of a block. Throws InvalidArgument if a length is out of range.
BlockLayout layout_of(std::span<const std::uint8_t> plain, std::int64_t lane_length);

// How Python says it: the stride, the number of the predictor.
using MixingNumbers = std::pair<std::int64_t, std::int64_t>;

// Throws InvalidArgument if a number is out of range.
Mixing mixing_of(const MixingNumbers& numbers);
std::optional<Mixing> mixing_of(const std::optional<MixingNumbers>& numbers);

// How Python says which bytes are given: the block, and for each of its bytes 1 if it is, 0 if not.
using GivenParts = std::optional<std::pair<pybind11::bytes, pybind11::bytes>>;

// They belong to the Python objects.
GivenBytes given_of(const GivenParts& parts);

// What a function that runs without the GIL gives, as Python bytes.
template <typename Function>
pybind11::bytes without_gil(const Function& function) {
  std::vector<std::uint8_t> result;
  {
    const pybind11::gil_scoped_release unlocked;
    result = function();
  }
  return python_bytes(result);
}

}  // namespace lmpack::bindings
