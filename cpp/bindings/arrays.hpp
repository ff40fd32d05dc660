// Checked access to the memory of Python arguments. Errors state what came and what is allowed.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

namespace lmpack::bindings {

// One axis of an expected shape: its name, and its size unless that is free.
struct Axis {
  static constexpr std::size_t kAnySize = std::numeric_limits<std::size_t>::max();

  std::string name;
  std::size_t size = kAnySize;
};

// The elements of an array with the given axes. They belong to the array.
// Throws InvalidArgument unless it is an int32 array of this shape, aligned and C-contiguous.
std::span<const std::int32_t> int32_elements(const pybind11::array& array, const std::string& name,
                                             const std::vector<Axis>& axes);

// The same of uint16.
std::span<const std::uint16_t> uint16_elements(const pybind11::array& array,
                                               const std::string& name,
                                               const std::vector<Axis>& axes);

// Whether the elements lie one after another at an address that is a multiple of the alignment.
bool is_plain_memory(const pybind11::array& array, std::size_t alignment);

// The size of one axis of an array that has it.
std::size_t axis_size(const pybind11::array& array, pybind11::ssize_t axis);

// The bytes of a Python bytes object, which belong to it.
std::span<const std::uint8_t> bytes_of(const pybind11::bytes& bytes);

// A copy of the bytes of a bytes-like object.
// Throws InvalidArgument unless it is a contiguous one-dimensional buffer of single bytes.
std::vector<std::uint8_t> copy_bytes(const pybind11::buffer& buffer, const std::string& name);

pybind11::bytes python_bytes(const std::vector<std::uint8_t>& bytes);

}  // namespace lmpack::bindings
