#include "models.hpp"

#include <pybind11/pybind11.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lmpack/error.hpp"

namespace py = pybind11;

namespace lmpack::bindings {
namespace {

py::buffer_info buffer_of(const py::object& value) {
  if (PyObject_CheckBuffer(value.ptr()) == 0) return {};
  return py::reinterpret_borrow<py::buffer>(value).request();
}

// The format of an item in the byte order of this machine; others keep their mark.
std::string_view item_format(const py::buffer_info& info) {
  std::string_view format = info.format;
  const char native = std::endian::native == std::endian::little ? '<' : '>';
  if (!format.empty() && (format[0] == '@' || format[0] == '=' || format[0] == native)) {
    format.remove_prefix(1);
  }
  return format;
}

// Any buffer will do: an array of numpy, or a view of memory where numpy need not be loaded.
template <typename Element>
std::span<const Element> tensor(const py::dict& tensors, const std::string& name,
                                std::size_t size) {
  if (!tensors.contains(name)) throw InvalidArgument("the model has no tensor " + name);
  const py::object value = tensors[name.c_str()];
  const py::buffer_info info = buffer_of(value);
  if (item_format(info) != py::format_descriptor<Element>::format() ||
      PyBuffer_IsContiguous(info.view(), 'C') == 0) {
    throw InvalidArgument("the tensor " + name + " has the wrong type or is not C-contiguous");
  }
  if (reinterpret_cast<std::uintptr_t>(info.ptr) % alignof(Element) != 0) {
    throw InvalidArgument("the tensor " + name + " is not aligned");
  }
  if (static_cast<std::size_t>(info.size) != size) {
    throw InvalidArgument("the tensor " + name + " has " + std::to_string(info.size) +
                          " elements, the architecture demands " + std::to_string(size));
  }
  // The memory is there as long as the object is, which the dictionary keeps.
  return {static_cast<const Element*>(info.ptr), size};
}

}  // namespace

TensorSource tensor_source(const py::dict& tensors) {
  return {[&tensors](const std::string& name, std::size_t size) {
            return tensor<std::int8_t>(tensors, name, size);
          },
          [&tensors](const std::string& name, std::size_t size) {
            return tensor<float>(tensors, name, size);
          }};
}

const Kernels& kernels_named(const std::string& name) {
  if (const Kernels* found = find_kernels(name)) return *found;
  std::string known;
  for (const Kernels* kernels : available_kernels()) {
    if (!known.empty()) known += ", ";
    known += kernels->name;
  }
  throw InvalidArgument("there is no kernel " + name + " on this processor: choose one of " +
                        known);
}

}  // namespace lmpack::bindings
