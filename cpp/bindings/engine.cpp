#include "lmpack/engine/engine.hpp"

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "lmpack/error.hpp"
#include "registers.hpp"

namespace py = pybind11;

namespace lmpack::bindings {
namespace {

// A state that several Python threads may hold: calls come one after another.
struct SharedState {
  SharedState(const ModelShape& shape, std::size_t lanes) : state(shape, lanes) {}

  EngineState state;
  std::mutex mutex;
};

ModelShape shape_from(const py::dict& fields) {
  const auto number = [&](const char* name) { return fields[name].cast<std::size_t>(); };
  ModelShape shape{number("vocabulary"),
                   number("layers"),
                   number("width"),
                   number("heads"),
                   number("head_width"),
                   number("hidden"),
                   number("window"),
                   fields["activation"].cast<std::string>() == "relu2",
                   {}};
  for (const py::handle& table : fields["ngrams"]) {
    shape.ngrams.push_back(
        {table["order"].cast<std::size_t>(), table["rows"].cast<std::uint32_t>()});
  }
  return shape;
}

template <typename Element>
std::span<const Element> tensor(const py::dict& tensors, const std::string& name,
                                std::size_t size) {
  if (!tensors.contains(name)) throw InvalidArgument("the model has no tensor " + name);
  const py::object value = tensors[name.c_str()];
  if (!py::isinstance<py::array_t<Element, py::array::c_style>>(value)) {
    throw InvalidArgument("the tensor " + name + " has the wrong type or is not C-contiguous");
  }
  const auto array = value.cast<py::array_t<Element, py::array::c_style>>();
  if (static_cast<std::size_t>(array.size()) != size) {
    throw InvalidArgument("the tensor " + name + " has " + std::to_string(array.size()) +
                          " elements, the architecture demands " + std::to_string(size));
  }
  return {array.data(), size};
}

ProductKernel kernel_named(const std::string& name) {
  std::string known;
  for (ProductKernel& kernel : available_kernels()) {
    if (kernel.name == name) return std::move(kernel);
    known += (known.empty() ? "" : ", ") + kernel.name;
  }
  throw InvalidArgument("there is no kernel " + name + " on this processor: choose one of " +
                        known);
}

std::unique_ptr<Engine> make_engine(const py::dict& shape, const py::dict& tensors,
                                    const std::string& kernel) {
  const TensorSource source{[&](const std::string& name, std::size_t size) {
                              return tensor<std::int8_t>(tensors, name, size);
                            },
                            [&](const std::string& name, std::size_t size) {
                              return tensor<float>(tensors, name, size);
                            }};
  return std::make_unique<Engine>(load_weights(shape_from(shape), source), kernel_named(kernel));
}

std::unique_ptr<SharedState> start(const Engine& engine, std::int64_t lanes) {
  if (lanes < 1)
    throw InvalidArgument("there must be at least 1 lane, not " + std::to_string(lanes));
  return std::make_unique<SharedState>(engine.shape(), static_cast<std::size_t>(lanes));
}

py::array_t<std::int32_t> feed(const Engine& engine, SharedState& shared, const py::array& symbols,
                               std::int64_t threads) {
  const auto lanes = static_cast<std::int64_t>(shared.state.lanes);
  const auto symbol_span = int32_elements(symbols, "symbols", {{"L", lanes}, {"T"}});
  if (threads < 1) {
    throw InvalidArgument("the number of threads must be at least 1, not " +
                          std::to_string(threads));
  }
  const auto vocabulary = static_cast<py::ssize_t>(engine.shape().vocabulary);
  py::array_t<std::int32_t> weights({symbols.shape(0), symbols.shape(1), vocabulary});
  const std::span<std::int32_t> output(weights.mutable_data(),
                                       static_cast<std::size_t>(weights.size()));
  const auto steps = static_cast<std::size_t>(symbols.shape(1));
  const py::gil_scoped_release unlocked;
  const std::lock_guard lock(shared.mutex);
  engine.feed(shared.state, symbol_span, steps, output, static_cast<std::size_t>(threads));
  return weights;
}

std::vector<std::string> kernel_names() {
  std::vector<std::string> names;
  for (const ProductKernel& kernel : available_kernels()) names.push_back(kernel.name);
  return names;
}

}  // namespace

void register_engine(py::module_& module) {
  module.def("kernel_names", &kernel_names,
             "Names of the kernels that this processor can run, the fastest first.");
  py::class_<SharedState>(module, "EngineState", "What an Engine remembers of some lanes.");
  py::class_<Engine>(module, "Engine", R"(The forward pass of a model on the CPU.

Args:
    shape: fields of the architecture.
    tensors: the arrays of the bundle's tensor file by name, int8 or float32, C-contiguous.
    kernel: one of kernel_names().

Raises:
    lmpack.errors.UsageError: a tensor is missing or has another type or size, a weight is out of
        range, or the processor cannot run the kernel.)")
      .def(py::init(&make_engine), py::arg("shape"), py::arg("tensors"), py::arg("kernel"))
      .def("start", &start, py::arg("lanes"), "A state of some lanes with nothing fed yet.")
      .def("feed", &feed, py::arg("state"), py::arg("symbols"), py::arg("threads"),
           R"(Feeds symbols to the lanes of a state and gives the weights of the symbol after each.

Args:
    state: from start() of this engine; it is advanced.
    symbols: int32 [L, T], C-contiguous, 0 to V (V is the start symbol).
    threads: how many threads share the lanes.

Returns:
    int32 [L, T, V].

Raises:
    lmpack.errors.UsageError: the array has another type or shape, or a value is out of range.)");
}

}  // namespace lmpack::bindings
