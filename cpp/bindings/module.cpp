// The Python module lmpack._native.
#include <pybind11/pybind11.h>

#include "errors.hpp"
#include "registers.hpp"

PYBIND11_MODULE(_native, module) {
  module.doc() =
      "The coder and the engine of lmpack in C++. Not public: use lmpack.compress and its like.";
  lmpack::bindings::register_errors();
  lmpack::bindings::register_frequencies(module);
  lmpack::bindings::register_block_coders(module);
  lmpack::bindings::register_mixed_coders(module);
  lmpack::bindings::register_prefix(module);
  lmpack::bindings::register_mixing(module);
  lmpack::bindings::register_copies(module);
  lmpack::bindings::register_engine(module);
  lmpack::bindings::register_decoder_engine(module);
  lmpack::bindings::register_token_coders(module);
  lmpack::bindings::register_lane_decoders(module);
  lmpack::bindings::register_build_info(module);
}
