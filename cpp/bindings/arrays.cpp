#include "arrays.hpp"

#include <cstddef>
#include <string_view>

#include "lmpack/error.hpp"

namespace py = pybind11;

namespace lmpack::bindings {
namespace {

std::string shape_text(const py::array& array) {
  std::string text;
  for (py::ssize_t axis = 0; axis < array.ndim(); ++axis) {
    text += (axis == 0 ? "" : ", ") + std::to_string(array.shape(axis));
  }
  return "[" + text + "]";
}

std::string shape_text(const std::vector<Axis>& axes) {
  std::string text;
  for (const Axis& axis : axes) {
    text += (text.empty() ? "" : ", ") + axis.name;
    if (axis.size != Axis::kAnySize) text += "=" + std::to_string(axis.size);
  }
  return "[" + text + "]";
}

bool has_shape(const py::array& array, const std::vector<Axis>& axes) {
  if (array.ndim() != static_cast<py::ssize_t>(axes.size())) return false;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const bool any = axes[i].size == Axis::kAnySize;
    if (!any && axis_size(array, static_cast<py::ssize_t>(i)) != axes[i].size) return false;
  }
  return true;
}

template <typename Element>
std::span<const Element> elements_of(const py::array& array, const std::string& name,
                                     const std::string& type, const std::vector<Axis>& axes) {
  if (!py::isinstance<py::array_t<Element>>(array)) {
    throw InvalidArgument(name + " must be an " + type + " array, not " +
                          py::str(array.dtype()).cast<std::string>());
  }
  if (!has_shape(array, axes)) {
    throw InvalidArgument(name + " must have the shape " + shape_text(axes) + ", not " +
                          shape_text(array));
  }
  if (!is_plain_memory(array, alignof(Element))) {
    throw InvalidArgument(name +
                          " must be aligned and C-contiguous; numpy.ascontiguousarray makes a copy "
                          "that is");
  }
  return {static_cast<const Element*>(array.data()), static_cast<std::size_t>(array.size())};
}

}  // namespace

bool is_plain_memory(const py::array& array, std::size_t alignment) {
  const auto address = reinterpret_cast<std::uintptr_t>(array.data());
  return (array.flags() & py::array::c_style) != 0 && address % alignment == 0;
}

std::span<const std::int32_t> int32_elements(const py::array& array, const std::string& name,
                                             const std::vector<Axis>& axes) {
  return elements_of<std::int32_t>(array, name, "int32", axes);
}

std::span<const std::uint16_t> uint16_elements(const py::array& array, const std::string& name,
                                               const std::vector<Axis>& axes) {
  return elements_of<std::uint16_t>(array, name, "uint16", axes);
}

std::size_t axis_size(const py::array& array, py::ssize_t axis) {
  return static_cast<std::size_t>(array.shape(axis));
}

std::span<const std::uint8_t> bytes_of(const py::bytes& bytes) {
  const std::string_view view = bytes;
  return {reinterpret_cast<const std::uint8_t*>(view.data()), view.size()};
}

std::vector<std::uint8_t> copy_bytes(const py::buffer& buffer, const std::string& name) {
  const py::buffer_info info = buffer.request();
  if (info.ndim != 1 || info.itemsize != 1 || info.strides[0] != 1) {
    throw InvalidArgument(name + " must be contiguous bytes, not a buffer of " +
                          std::to_string(info.ndim) + " axes with items of " +
                          std::to_string(info.itemsize) + " bytes");
  }
  const auto* first = static_cast<const std::uint8_t*>(info.ptr);
  return {first, first + info.size};
}

py::bytes python_bytes(const std::vector<std::uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace lmpack::bindings
