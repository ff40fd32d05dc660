#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "arrays.hpp"
#include "lmpack/coder/block_decoder.hpp"
#include "lmpack/coder/block_encoder.hpp"
#include "lmpack/coder/frequencies.hpp"
#include "registers.hpp"
#include "shared.hpp"

namespace py = pybind11;

namespace lmpack::bindings {
namespace {

using SharedEncoder = Shared<BlockEncoder>;
using SharedDecoder = Shared<BlockDecoder>;

void encode(SharedEncoder& shared, const py::array& odds, const py::array& symbols) {
  const BlockEncoder& coder = shared.constant();
  const std::size_t lanes = coder.layout().lanes();
  const auto symbol_span = int32_elements(symbols, "symbols", {{"L", lanes}, {"T"}});
  const std::size_t steps = axis_size(symbols, 1);
  const auto odds_span =
      int32_elements(odds, "odds", {{"L", lanes}, {"T", steps}, {"V", coder.vocabulary()}});
  shared.use([&](BlockEncoder& encoder) { encoder.encode(odds_span, symbol_span, steps); });
}

void encode_intervals(SharedEncoder& shared, const py::array& intervals) {
  const std::size_t lanes = shared.constant().layout().lanes();
  const auto pairs = int32_elements(intervals, "intervals", {{"L", lanes}, {"T"}, {"2", 2}});
  const std::size_t steps = axis_size(intervals, 1);
  shared.use([&](BlockEncoder& encoder) { encoder.encode(intervals_from_pairs(pairs), steps); });
}

py::bytes finish_encoder(SharedEncoder& shared) {
  return python_bytes(shared.use([](BlockEncoder& encoder) { return encoder.finish(); }));
}

py::array_t<std::int32_t> decode(SharedDecoder& shared, const py::array& odds) {
  const BlockDecoder& coder = shared.constant();
  const std::size_t lanes = coder.layout().lanes();
  const auto odds_span = int32_elements(odds, "odds", {{"L", lanes}, {"V", coder.vocabulary()}});
  py::array_t<std::int32_t> symbols(static_cast<py::ssize_t>(lanes));
  const std::span<std::int32_t> symbol_span(symbols.mutable_data(), lanes);
  shared.use([&](BlockDecoder& decoder) { decoder.decode(odds_span, symbol_span); });
  return symbols;
}

void finish_decoder(SharedDecoder& shared) {
  shared.use([](BlockDecoder& decoder) { decoder.finish(); });
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
      .def("encode", &encode, py::arg("odds"), py::arg("symbols"),
           R"(Codes the next T steps. Entries of lanes that have ended are ignored.

Args:
    odds: int32 [L, T, V], C-contiguous: what the model gives for each symbol.
    symbols: int32 [L, T], C-contiguous, 0 to V - 1.

Raises:
    lmpack.errors.UsageError: an array has another type or shape, a value is out of range, or the
        block has fewer steps left. After bad odds or a bad symbol every further call is refused.)")
      .def("encode_intervals", &encode_intervals, py::arg("intervals"),
           R"(Codes the next T steps, whose symbols have been looked up in their tables before.

Args:
    intervals: int32 [L, T, 2], C-contiguous: cumulative frequency and frequency of each symbol, in
        a table whose sum is 2**24 (docs/format.md, section 5.2). Those of lanes that have ended are
        not coded, but have to be intervals as well.

Raises:
    lmpack.errors.UsageError: the array has another type or shape, an interval is empty or not
        within 0 to 2**24, or the block has fewer steps left. Nothing of the call has been coded
        then, and the encoder can go on.)")
      .def("finish", &finish_encoder, R"(The payload. Call it once, after lane_length steps.

Raises:
    lmpack.errors.UsageError: there are steps left, the block was finished before, or an earlier call
        failed.)");
}

void register_decoder(py::module_& module) {
  // Shared with the blocks of LaneDecoders.
  py::class_<SharedDecoder, std::shared_ptr<SharedDecoder>>(
      module, "BlockDecoder",
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
             return std::make_shared<SharedDecoder>(copy_bytes(payload, "payload"),
                                                    BlockLayout(length, lane_length), vocabulary);
           }),
           py::arg("payload"), py::arg("length"), py::arg("lane_length"), py::arg("vocabulary"))
      .def("decode", &decode, py::arg("odds"),
           R"(The symbols of the next step: int32 [L], 0 for lanes that have ended.

Args:
    odds: int32 [L, V], C-contiguous, equal to those that the symbols were encoded with.

Raises:
    lmpack.errors.DamagedError: the payload ends too early.
    lmpack.errors.UsageError: the array has another type or shape, odds are out of range, all steps
        are done, or an earlier call failed.)")
      .def("finish", &finish_decoder,
           R"(Checks, after the last step, that the payload ends where and how it must.

Raises:
    lmpack.errors.DamagedError: the encoder would have written another payload.
    lmpack.errors.UsageError: there are steps left, the block was finished before, or an earlier call
        failed.)");
}

}  // namespace

void register_block_coders(py::module_& module) {
  register_encoder(module);
  register_decoder(module);
}

}  // namespace lmpack::bindings
