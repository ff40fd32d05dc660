#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "lmpack/block_decoder.hpp"
#include "lmpack/block_encoder.hpp"
#include "registers.hpp"

namespace py = pybind11;

namespace lmpack::bindings {
namespace {

// A coder that several Python threads may hold: calls come one after another. The lock is only
// taken without the GIL, as a thread that waits for it must let the others run.
template <typename Coder>
struct Shared {
  template <typename... Arguments>
  explicit Shared(Arguments&&... arguments) : coder(std::forward<Arguments>(arguments)...) {}

  Coder coder;
  std::mutex mutex;
};

using SharedEncoder = Shared<BlockEncoder>;
using SharedDecoder = Shared<BlockDecoder>;

void encode(SharedEncoder& shared, const py::array& weights, const py::array& symbols) {
  const std::int64_t lanes = shared.coder.layout().lanes();
  const auto symbol_span = int32_elements(symbols, "symbols", {{"L", lanes}, {"T"}});
  const std::int64_t steps = symbols.shape(1);
  const auto weight_span = int32_elements(
      weights, "weights", {{"L", lanes}, {"T", steps}, {"V", shared.coder.vocabulary()}});
  const py::gil_scoped_release unlocked;
  const std::lock_guard lock(shared.mutex);
  shared.coder.encode(weight_span, symbol_span, steps);
}

py::bytes finish_encoder(SharedEncoder& shared) {
  std::vector<std::uint8_t> payload;
  {
    const py::gil_scoped_release unlocked;
    const std::lock_guard lock(shared.mutex);
    payload = shared.coder.finish();
  }
  return {reinterpret_cast<const char*>(payload.data()), payload.size()};
}

py::array_t<std::int32_t> decode(SharedDecoder& shared, const py::array& weights) {
  const std::int64_t lanes = shared.coder.layout().lanes();
  const auto weight_span =
      int32_elements(weights, "weights", {{"L", lanes}, {"V", shared.coder.vocabulary()}});
  py::array_t<std::int32_t> symbols(lanes);
  const std::span<std::int32_t> symbol_span(symbols.mutable_data(),
                                            static_cast<std::size_t>(lanes));
  const py::gil_scoped_release unlocked;
  const std::lock_guard lock(shared.mutex);
  shared.coder.decode(weight_span, symbol_span);
  return symbols;
}

void finish_decoder(SharedDecoder& shared) {
  const py::gil_scoped_release unlocked;
  const std::lock_guard lock(shared.mutex);
  shared.coder.finish();
}

void register_encoder(py::module_& module) {
  py::class_<SharedEncoder>(module, "BlockEncoder",
                            R"(Encodes the symbols of one block, all lanes into one stream.

Symbol t of lane l is symbol l * lane_length + t of the block; the last lane may be shorter.

Args:
    length: symbols in the block, 1 to 2**31 - 1.
    lane_length: symbols in a lane, 1 to length.
    vocabulary: number V of different symbols, 2 to 65536.

Raises:
    lmpack.errors.UsageError: an argument is out of range.)")
      .def(py::init([](std::int64_t length, std::int64_t lane_length, std::int64_t vocabulary) {
             return std::make_unique<SharedEncoder>(BlockLayout(length, lane_length), vocabulary);
           }),
           py::arg("length"), py::arg("lane_length"), py::arg("vocabulary"))
      .def("encode", &encode, py::arg("weights"), py::arg("symbols"),
           R"(Codes the next T steps. Entries of lanes that have ended are ignored.

Args:
    weights: int32 [L, T, V], C-contiguous: what the model gives for each symbol.
    symbols: int32 [L, T], C-contiguous, 0 to V - 1.

Raises:
    lmpack.errors.UsageError: an array has another type or shape, a value is out of range, or the
        block has fewer steps left. After a bad value the block must be started anew.)")
      .def("finish", &finish_encoder, R"(The payload. Call it once, after lane_length steps.

Raises:
    lmpack.errors.UsageError: there are steps left, or the block was finished before.)");
}

void register_decoder(py::module_& module) {
  py::class_<SharedDecoder>(module, "BlockDecoder",
                            R"(Decodes the symbols of one block, step by step.

Args:
    payload: bytes-like, what BlockEncoder.finish gave; it is copied.
    length: as for the encoder.
    lane_length: as for the encoder.
    vocabulary: as for the encoder.

Raises:
    lmpack.errors.DamagedError: the payload starts like none.
    lmpack.errors.UsageError: an argument is out of range.)")
      .def(py::init([](const py::buffer& payload, std::int64_t length, std::int64_t lane_length,
                       std::int64_t vocabulary) {
             return std::make_unique<SharedDecoder>(copy_bytes(payload, "payload"),
                                                    BlockLayout(length, lane_length), vocabulary);
           }),
           py::arg("payload"), py::arg("length"), py::arg("lane_length"), py::arg("vocabulary"))
      .def("decode", &decode, py::arg("weights"),
           R"(The symbols of the next step: int32 [L], 0 for lanes that have ended.

Args:
    weights: int32 [L, V], C-contiguous, equal to those that the symbols were encoded with.

Raises:
    lmpack.errors.DamagedError: the payload ends too early.
    lmpack.errors.UsageError: the array has another type or shape, a weight is out of range, all
        steps are done, or an earlier call failed.)")
      .def("finish", &finish_decoder,
           R"(Checks, after the last step, that the payload ends where and how it must.

Raises:
    lmpack.errors.DamagedError: the encoder would have written another payload.
    lmpack.errors.UsageError: there are steps left, or an earlier call failed.)");
}

}  // namespace

void register_block_coders(py::module_& module) {
  register_encoder(module);
  register_decoder(module);
}

}  // namespace lmpack::bindings
