// What functions over whole blocks have in common.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "arrays.hpp"
#include "lmpack/block_steps.hpp"
#include "lmpack/coder/block_layout.hpp"
#include "lmpack/mixing/data_kind.hpp"

namespace lmpack::bindings {

// Calls a Python function from a thread without the GIL; its exceptions go through. The function
// must outlive the result.
StepsDone steps_done_from(const pybind11::function& function);

// The layout of the bytes of a block. Throws InvalidArgument if a length is out of range.
BlockLayout layout_of(std::span<const std::uint8_t> plain, std::int64_t lane_length);

// Throws InvalidArgument if the stride is out of range.
DataKind data_kind(std::int64_t stride);

// The same where no stride means that nothing is mixed.
std::optional<DataKind> mixing_of(std::optional<std::int64_t> stride);

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
