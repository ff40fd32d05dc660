// The build's settings come from CMakeLists.txt.
#include <pybind11/pybind11.h>

#include "registers.hpp"

namespace py = pybind11;

namespace lmpack::bindings {
namespace {

py::dict build_info() {
  py::dict info;
  info["compiler"] = LMPACK_COMPILER;
  info["compiler_version"] = LMPACK_COMPILER_VERSION;
  info["build_type"] = LMPACK_BUILD_TYPE;
  info["flags"] = LMPACK_FLAGS;
  info["processor"] = LMPACK_PROCESSOR;
  return info;
}

}  // namespace

void register_build_info(py::module_& module) {
  module.def("build_info", &build_info,
             R"(How this module was compiled, for reports.

Returns:
    the keys "compiler", "compiler_version", "build_type", "flags" and "processor".)");
}

}  // namespace lmpack::bindings
