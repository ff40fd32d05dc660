// Bytes that stand before blocks.
#include "lmpack/prefix.hpp"

#include <pybind11/pybind11.h>

#include <cstdint>
#include <memory>

#include "arrays.hpp"
#include "registers.hpp"

namespace py = pybind11;

namespace lmpack::bindings {

void register_prefix(py::module_& module) {
  module.attr("MOST_LEARNED") = Prefix::kMostLearned;
  module.attr("MOST_KEPT_KINDS") = PrimedMixers::kMostKinds;
  py::class_<Prefix>(module, "Prefix",
                     R"(Bytes that stand before blocks, which are coded behind them.

What mixing and models learn of it, of its last MOST_LEARNED bytes, is kept for each way to code a
block, and given back with the object. Safe for several threads: each gets a mixer of its own.

Args:
    data: bytes-like, at least one byte; it is copied.

Raises:
    lmpack.errors.UsageError: there is no byte.)")
      .def(py::init([](const py::buffer& data) {
             return std::make_unique<Prefix>(copy_bytes(data, "data"));
           }),
           py::arg("data"))
      .def("__len__", [](const Prefix& prefix) { return prefix.bytes().size(); })
      .def_property_readonly(
          "stride",
          [](Prefix& prefix) -> std::uint32_t {
            const py::gil_scoped_release unlocked;
            return prefix.stride();
          },
          "The distance at which the bytes that are learned resemble one another, 0 if at none. "
          "Blocks that are mixed with this stride share what is kept.");
}

}  // namespace lmpack::bindings
