// Errors of the core become those of lmpack.errors.
#pragma once

#include <pybind11/pybind11.h>

#include <exception>

namespace lmpack::bindings {

// Call it once, while the module is set up.
void register_errors();

// What Python would get if the error was thrown to it.
pybind11::object python_error(const std::exception_ptr& error);

}  // namespace lmpack::bindings
