// What the module is made of: one function a topic.
#pragma once

#include <pybind11/pybind11.h>

namespace lmpack::bindings {

void register_frequencies(pybind11::module_& module);
void register_block_coders(pybind11::module_& module);
void register_mixed_coders(pybind11::module_& module);
void register_lane_decoders(pybind11::module_& module);
void register_prefix(pybind11::module_& module);
void register_mixing(pybind11::module_& module);
void register_copies(pybind11::module_& module);
void register_engine(pybind11::module_& module);
void register_decoder_engine(pybind11::module_& module);
void register_token_coders(pybind11::module_& module);
void register_build_info(pybind11::module_& module);

}  // namespace lmpack::bindings
