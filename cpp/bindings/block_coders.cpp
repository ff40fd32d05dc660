#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "lmpack/block_decoder.hpp"
#include "lmpack/block_encoder.hpp"
#include "lmpack/error.hpp"
#include "lmpack/range_interval.hpp"
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

// Pairs [cumulative, frequency] as intervals.
// Throws InvalidArgument for one that lies in no table.
std::vector<TableInterval> checked_intervals(std::span<const std::int32_t> pairs) {
  std::vector<TableInterval> intervals;
  intervals.reserve(pairs.size() / 2);
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    const std::int64_t cumulative = pairs[i];
    const std::int64_t frequency = pairs[i + 1];
    if (cumulative < 0 || frequency < 1 || cumulative + frequency > kFrequencyTotal) {
      throw InvalidArgument("an interval must lie in 0 to " + std::to_string(kFrequencyTotal) +
                            ", not from " + std::to_string(cumulative) + " to " +
                            std::to_string(cumulative + frequency));
    }
    intervals.push_back(
        {static_cast<std::uint32_t>(cumulative), static_cast<std::uint32_t>(frequency)});
  }
  return intervals;
}

void encode_intervals(SharedEncoder& shared, const py::array& intervals) {
  const std::int64_t lanes = shared.coder.layout().lanes();
  const auto pairs = int32_elements(intervals, "intervals", {{"L", lanes}, {"T"}, {"2", 2}});
  const std::int64_t steps = intervals.shape(1);
  const py::gil_scoped_release unlocked;
  const std::vector<TableInterval> checked = checked_intervals(pairs);
  const std::lock_guard lock(shared.mutex);
  shared.coder.encode(checked, steps);
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
      .def("encode_intervals", &encode_intervals, py::arg("intervals"),
           R"(Codes the next T steps, whose symbols have been looked up in their tables before.

Args:
    intervals: int32 [L, T, 2], C-contiguous: cumulative frequency and frequency of each symbol, in
        a table whose sum is 2**24 (docs/format.md, section 5.2).

Raises:
    lmpack.errors.UsageError: as for encode.)")
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
