// What engines are made of, from Python arguments.
#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "lmpack/engine/kernels.hpp"
#include "lmpack/engine/model.hpp"

namespace lmpack::bindings {

// Looks up int8 and float32 arrays, whose memory belongs to the dictionary; it must outlive the
// result.
TensorSource tensor_source(const pybind11::dict& tensors);

// Throws InvalidArgument if this processor cannot run the kernel.
const Kernels& kernels_named(const std::string& name);

}  // namespace lmpack::bindings
