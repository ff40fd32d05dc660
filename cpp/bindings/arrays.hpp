// Checked access to the memory of Python arguments. Errors state what came and what is allowed.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lmpack::bindings {

// One axis of an expected shape: its name, and its size unless that is free.
struct Axis {
  static constexpr std::int64_t kAnySize = -1;

  std::string name;
  std::int64_t size = kAnySize;
};

// The elements of an array with the given axes. They belong to the array.
// Throws InvalidArgument unless it is an int32 array of this shape, aligned and C-contiguous.
std::span<const std::int32_t> int32_elements(const pybind11::array& array, const std::string& name,
                                             const std::vector<Axis>& axes);

// A copy of the bytes of a bytes-like object.
// Throws InvalidArgument unless it is a contiguous one-dimensional buffer of single bytes.
std::vector<std::uint8_t> copy_bytes(const pybind11::buffer& buffer, const std::string& name);

}  // namespace lmpack::bindings
