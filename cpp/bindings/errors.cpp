#include "errors.hpp"

#include <pybind11/gil_safe_call_once.h>
#include <pybind11/pybind11.h>

#include <exception>
#include <new>

#include "lmpack/error.hpp"

namespace py = pybind11;

namespace lmpack::bindings {
namespace {

struct ErrorTypes {
  py::object usage;
  py::object damaged;
};

// Never destroyed: Python may be gone before static destructors run.
const ErrorTypes& error_types() {
  PYBIND11_CONSTINIT static py::gil_safe_call_once_and_store<ErrorTypes> storage;
  return storage
      .call_once_and_store_result([] {
        const auto errors = py::module_::import("lmpack.errors");
        return ErrorTypes{errors.attr("UsageError"), errors.attr("DamagedError")};
      })
      .get_stored();
}

void translate(std::exception_ptr error) {
  if (!error) return;
  try {
    std::rethrow_exception(error);
  } catch (const InvalidArgument& mistake) {
    py::set_error(error_types().usage, mistake.what());
  } catch (const DamagedStream& damage) {
    py::set_error(error_types().damaged, damage.what());
  }
}

}  // namespace

py::object python_error(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const InvalidArgument& mistake) {
    return error_types().usage(mistake.what());
  } catch (const DamagedStream& damage) {
    return error_types().damaged(damage.what());
  } catch (const std::bad_alloc&) {
    return py::module_::import("builtins").attr("MemoryError")();
  } catch (const std::exception& other) {
    return py::module_::import("builtins").attr("RuntimeError")(other.what());
  }
}

void register_errors() {
  error_types();
  py::register_local_exception_translator(translate);
}

}  // namespace lmpack::bindings
