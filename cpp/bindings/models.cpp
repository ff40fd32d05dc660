#include "models.hpp"

#include <pybind11/numpy.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "arrays.hpp"
#include "lmpack/error.hpp"

namespace py = pybind11;

namespace lmpack::bindings {
namespace {

template <typename Element>
std::span<const Element> tensor(const py::dict& tensors, const std::string& name,
                                std::size_t size) {
  if (!tensors.contains(name)) throw InvalidArgument("the model has no tensor " + name);
  const py::object value = tensors[name.c_str()];
  if (!py::isinstance<py::array_t<Element, py::array::c_style>>(value)) {
    throw InvalidArgument("the tensor " + name + " has the wrong type or is not C-contiguous");
  }
  const auto array = value.cast<py::array_t<Element, py::array::c_style>>();
  if (!is_plain_memory(array, alignof(Element))) {
    throw InvalidArgument("the tensor " + name + " is not aligned");
  }
  if (static_cast<std::size_t>(array.size()) != size) {
    throw InvalidArgument("the tensor " + name + " has " + std::to_string(array.size()) +
                          " elements, the architecture demands " + std::to_string(size));
  }
  return {array.data(), size};
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
  std::string known;
  for (const Kernels* kernels : available_kernels()) {
    if (kernels->name == name) return *kernels;
    known += (known.empty() ? "" : ", ") + std::string(kernels->name);
  }
  throw InvalidArgument("there is no kernel " + name + " on this processor: choose one of " +
                        known);
}

}  // namespace lmpack::bindings
