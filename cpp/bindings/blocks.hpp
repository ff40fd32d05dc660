// What functions over whole blocks have in common.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <vector>

#include "lmpack/block_codec.hpp"
#include "lmpack/mixing/data_kind.hpp"

namespace lmpack::bindings {

// Calls a Python function from a thread without the GIL; its exceptions go through. The function
// must outlive the result.
Advance advance_from(const pybind11::function& function);

// Throws InvalidArgument if the stride is out of range.
DataKind data_kind(std::int64_t stride);

// What a function that runs without the GIL gives, as Python bytes.
template <typename Function>
pybind11::bytes without_gil(const Function& function) {
  std::vector<std::uint8_t> result;
  {
    const pybind11::gil_scoped_release unlocked;
    result = function();
  }
  return {reinterpret_cast<const char*>(result.data()), result.size()};
}

}  // namespace lmpack::bindings
