// Block coders with adaptive mixing for executors that only predict.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "blocks.hpp"
#include "lmpack/coder/bytes.hpp"
#include "lmpack/error.hpp"
#include "lmpack/mixing/byte_path.hpp"
#include "lmpack/mixing/mixed_decoder.hpp"
#include "lmpack/mixing/mixed_encoder.hpp"
#include "registers.hpp"
#include "shared.hpp"

namespace py = pybind11;

namespace lmpack::bindings {
namespace {

struct OwnedBytes {
  std::vector<std::uint8_t> plain;
};

// An encoder together with the bytes that it reads.
struct OwningEncoder : private OwnedBytes, MixedEncoder {
  OwningEncoder(std::vector<std::uint8_t> bytes, std::int64_t lane_length, Mixing mixing,
                std::size_t models)
      : OwnedBytes{std::move(bytes)},
        MixedEncoder(plain, layout_of(plain, lane_length), mixing, models) {}
};

using SharedEncoder = Shared<OwningEncoder>;
using SharedDecoder = Shared<MixedDecoder>;

// An argument as the array that it is: one made of it would end before its elements are used.
py::array borrowed_array(py::handle given) {
  if (!py::isinstance<py::array>(given)) throw py::type_error("odds must be arrays");
  return py::reinterpret_borrow<py::array>(given);
}

void encode(SharedEncoder& shared, const py::args& odds) {
  const std::size_t lanes = shared.constant().layout().lanes();
  std::size_t steps = Axis::kAnySize;  // those of the first model
  if (odds.empty()) steps = shared.constant().layout().steps();
  std::vector<OddsRows> models;
  for (const py::handle& given : odds) {
    const auto array = borrowed_array(given);
    const auto elements = int32_elements(array, "odds", {{"L", lanes}, {"T", steps}, {"V"}});
    steps = axis_size(array, 1);
    models.push_back({elements, axis_size(array, 2)});
  }
  shared.use([&](MixedEncoder& encoder) { encoder.encode(models, steps); });
}

void encode_paths(SharedEncoder& shared, const py::array& paths) {
  const std::size_t lanes = shared.constant().layout().lanes();
  const auto numbers = uint16_elements(
      paths, "paths", {{"L", lanes}, {"T"}, {"M", shared.constant().models()}, {"8", kBitsInByte}});
  if (std::ranges::find(numbers, 0) != numbers.end()) {
    throw InvalidArgument("a probability must be 1 to 65535, not 0");
  }
  const std::span all(reinterpret_cast<const BytePath*>(numbers.data()),
                      numbers.size() / kBitsInByte);
  const std::size_t steps = axis_size(paths, 1);
  shared.use([&](MixedEncoder& encoder) { encoder.encode(all, steps); });
}

py::bytes finish_encoder(SharedEncoder& shared) {
  return python_bytes(shared.use([](MixedEncoder& encoder) { return encoder.finish(); }));
}

py::array_t<std::int32_t> decode(SharedDecoder& shared, const py::args& odds) {
  const std::size_t lanes = shared.constant().layout().lanes();
  std::vector<OddsRows> models;
  for (const py::handle& given : odds) {
    const auto array = borrowed_array(given);
    const auto elements = int32_elements(array, "odds", {{"L", lanes}, {"V"}});
    models.push_back({elements, axis_size(array, 1)});
  }
  py::array_t<std::int32_t> bytes(static_cast<py::ssize_t>(lanes));
  const std::span<std::int32_t> byte_span(bytes.mutable_data(), lanes);
  shared.use([&](MixedDecoder& decoder) { decoder.decode(models, byte_span); });
  return bytes;
}

py::bytes finish_decoder(SharedDecoder& shared) {
  return python_bytes(shared.use([](MixedDecoder& decoder) { return decoder.finish(); }));
}

void register_encoder(py::module_& module) {
  py::class_<SharedEncoder>(module, "MixedEncoder",
                            R"(Encodes the bytes of one block with adaptive mixing.

Args:
    plain: bytes-like, the block; it is copied.
    lane_length: bytes in a lane, 1 to len(plain); the last lane may be shorter.
    mixing: the distance at which bytes resemble one another, 1 to 65535, 0 if it is unknown; the
        predictor: 1 light, 2 full, 3 strong.
    models: how many predict, 0 to 2.

Raises:
    lmpack.errors.UsageError: an argument is out of range.)")
      .def(py::init([](const py::buffer& plain, std::int64_t lane_length,
                       const MixingNumbers& mixing, std::size_t models) {
             return std::make_unique<SharedEncoder>(copy_bytes(plain, "plain"), lane_length,
                                                    mixing_of(mixing), models);
           }),
           py::arg("plain"), py::arg("lane_length"), py::arg("mixing"), py::arg("models") = 1)
      .def("encode", &encode,
           R"(Codes the next T steps; without a model, the whole block.

Args:
    odds: for each model int32 [L, T, V], C-contiguous, V at least 256: what it gives for each
        symbol. Entries of lanes that have ended are ignored.

Raises:
    lmpack.errors.UsageError: the array has another type or shape, odds are out of range, or the block
        has fewer steps left. After bad odds every further call is refused.)")
      .def("encode_paths", &encode_paths, py::arg("paths"),
           R"(Codes the next T steps by what the odds of M models say of each bit of each byte.

Args:
    paths: uint16 [L, T, M, 8], C-contiguous: the probability in units of 2**-16, 1 to 65535, that a bit
        is 1, given those before it, the highest first (docs/mixing.md, section 5). Those of lanes that
        have ended are ignored.

Raises:
    lmpack.errors.UsageError: the array has another type or shape, a probability is 0, or the block has
        fewer steps left.)")
      .def("finish", &finish_encoder, R"(The payload. Call it once, after lane_length steps.

Raises:
    lmpack.errors.UsageError: there are steps left, the block was finished before, or an earlier call
        failed.)");
}

void register_decoder(py::module_& module) {
  // Shared with the blocks of LaneDecoders.
  py::class_<SharedDecoder, std::shared_ptr<SharedDecoder>>(
      module, "MixedDecoder",
      R"(Decodes the bytes of one block with adaptive mixing, step by step.

Args:
    payload: bytes-like, what MixedEncoder.finish gave; it is copied.
    length: bytes in the block.
    lane_length: as for the encoder.
    mixing: as for the encoder.
    models: as for the encoder.

Raises:
    lmpack.errors.DamagedError: the payload starts like none.
    lmpack.errors.UsageError: an argument is out of range.)")
      .def(py::init([](const py::buffer& payload, std::int64_t length, std::int64_t lane_length,
                       const MixingNumbers& mixing, std::size_t models) {
             return std::make_shared<SharedDecoder>(copy_bytes(payload, "payload"),
                                                    BlockLayout(length, lane_length),
                                                    mixing_of(mixing), models);
           }),
           py::arg("payload"), py::arg("length"), py::arg("lane_length"), py::arg("mixing"),
           py::arg("models") = 1)
      .def("decode", &decode,
           R"(The bytes of the next step: int32 [L], 0 for lanes that have ended.

Args:
    odds: for each model int32 [L, V], C-contiguous, equal to those that the bytes were encoded
        with.

Raises:
    lmpack.errors.DamagedError: the payload ends too early.
    lmpack.errors.UsageError: the array has another type or shape, odds are out of range, all steps
        are done, or an earlier call failed.)")
      .def("finish", &finish_decoder, R"(The block, after the last step.

Raises:
    lmpack.errors.DamagedError: the encoder would have written another payload.
    lmpack.errors.UsageError: there are steps left, the block was finished before, or an earlier call
        failed.)");
}

}  // namespace

void register_mixed_coders(py::module_& module) {
  register_encoder(module);
  register_decoder(module);
}

}  // namespace lmpack::bindings
