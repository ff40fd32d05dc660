#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "blocks.hpp"
#include "lmpack/error.hpp"
#include "lmpack/mixed_block_codec.hpp"
#include "lmpack/mixing/mixed_decoder.hpp"
#include "lmpack/mixing/mixed_encoder.hpp"
#include "lmpack/samples/residuals.hpp"
#include "registers.hpp"

namespace py = pybind11;

namespace lmpack::bindings {
namespace {

void check_vocabulary(std::int64_t vocabulary) {
  if (vocabulary < static_cast<std::int64_t>(kByteValues)) {
    throw InvalidArgument("bytes need weights of at least 256 symbols, not " +
                          std::to_string(vocabulary));
  }
}

// Throws InvalidArgument unless the weights of the bytes are 0 to 2**24 - 1.
std::span<const std::int32_t, kByteValues> weights_of_bytes(const std::int32_t* row) {
  const std::span<const std::int32_t, kByteValues> weights(row, kByteValues);
  for (const std::int32_t weight : weights) {
    if (weight < 0 || weight >= 1 << 24) {
      throw InvalidArgument("a weight must be 0 to 16777215, not " + std::to_string(weight));
    }
  }
  return weights;
}

// An encoder with the bytes that it reads. Calls of several threads come one after another.
struct SharedEncoder {
  SharedEncoder(std::vector<std::uint8_t> bytes, std::int64_t lane_length, DataKind kind)
      : plain(std::move(bytes)),
        coder(plain, BlockLayout(static_cast<std::int64_t>(plain.size()), lane_length), kind) {}

  std::vector<std::uint8_t> plain;
  MixedEncoder coder;
  std::int64_t step = 0;
  std::mutex mutex;
};

void encode(SharedEncoder& shared, const py::array& weights) {
  const BlockLayout& layout = shared.coder.layout();
  const auto values = int32_elements(weights, "weights", {{"L", layout.lanes()}, {"T"}, {"V"}});
  const std::int64_t steps = weights.shape(1);
  const std::int64_t vocabulary = weights.shape(2);
  check_vocabulary(vocabulary);
  const py::gil_scoped_release unlocked;
  const std::lock_guard lock(shared.mutex);
  std::vector<BytePath> paths(static_cast<std::size_t>(layout.lanes() * steps));
  for (std::int64_t cell = 0; cell < layout.lanes() * steps; ++cell) {
    const std::int64_t index = cell / steps * layout.steps() + shared.step + cell % steps;
    if (index >= layout.length()) continue;
    paths[static_cast<std::size_t>(cell)] =
        path_of(weights_of_bytes(values.data() + cell * vocabulary),
                shared.plain[static_cast<std::size_t>(index)]);
  }
  shared.coder.encode(paths, steps);
  shared.step += steps;
}

py::bytes finish_encoder(SharedEncoder& shared) {
  return without_gil([&] {
    const std::lock_guard lock(shared.mutex);
    return shared.coder.finish();
  });
}

struct SharedDecoder {
  SharedDecoder(std::vector<std::uint8_t> payload, BlockLayout layout, DataKind kind)
      : coder(std::move(payload), layout, kind) {}

  MixedDecoder coder;
  std::mutex mutex;
};

py::array_t<std::int32_t> decode(SharedDecoder& shared, const py::array& weights) {
  const std::int64_t lanes = shared.coder.layout().lanes();
  const auto values = int32_elements(weights, "weights", {{"L", lanes}, {"V"}});
  const std::int64_t vocabulary = weights.shape(1);
  check_vocabulary(vocabulary);
  py::array_t<std::int32_t> symbols(lanes);
  std::int32_t* const out = symbols.mutable_data();
  const py::gil_scoped_release unlocked;
  const std::lock_guard lock(shared.mutex);
  std::vector<std::int32_t> bytes(static_cast<std::size_t>(lanes) * kByteValues);
  for (std::int64_t lane = 0; lane < lanes; ++lane) {
    std::ranges::copy(weights_of_bytes(values.data() + lane * vocabulary),
                      bytes.data() + lane * static_cast<std::int64_t>(kByteValues));
  }
  shared.coder.decode(bytes);
  for (std::int64_t lane = 0; lane < lanes; ++lane) out[lane] = shared.coder.byte_of(lane);
  return symbols;
}

py::bytes finish_decoder(SharedDecoder& shared) {
  return without_gil([&] {
    const std::lock_guard lock(shared.mutex);
    return shared.coder.finish();
  });
}

py::bytes encode_adaptive(const py::bytes& plain, std::int64_t lane_length, std::int64_t stride,
                          const py::function& advance) {
  const std::string_view view = plain;
  const BlockLayout layout(static_cast<std::int64_t>(view.size()), lane_length);
  const DataKind kind = data_kind(stride);
  return without_gil([&, tell = advance_from(advance)] {
    ThreadTeam alone(1);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(view.data());
    return encode_mixed_block(nullptr, alone, {bytes, view.size()}, layout, kind, tell);
  });
}

py::bytes decode_adaptive(const py::buffer& payload, std::int64_t length, std::int64_t lane_length,
                          std::int64_t stride, const py::function& advance) {
  std::vector<std::uint8_t> bytes = copy_bytes(payload, "payload");
  const BlockLayout layout(length, lane_length);
  const DataKind kind = data_kind(stride);
  return without_gil([&, tell = advance_from(advance)] {
    ThreadTeam alone(1);
    return decode_mixed_block(nullptr, alone, std::move(bytes), layout, kind, tell);
  });
}

std::uint32_t stride_of(const py::buffer& plain) {
  return likely_stride(copy_bytes(plain, "plain"));
}

using Transform = std::vector<std::uint8_t>(std::span<const std::uint8_t>, std::size_t);

template <Transform* transform>
py::bytes transformed(const py::bytes& bytes, std::size_t channels) {
  const std::string_view view = bytes;
  return without_gil([&] {
    return transform({reinterpret_cast<const std::uint8_t*>(view.data()), view.size()}, channels);
  });
}

void register_coders(py::module_& module) {
  py::class_<SharedEncoder>(module, "MixedEncoder",
                            R"(Encodes the bytes of one block with adaptive mixing.

Args:
    plain: bytes-like, the block; it is copied.
    lane_length: bytes in a lane, 1 to len(plain); the last lane may be shorter.
    stride: distance at which bytes resemble one another, 1 to 65535; 0 for text.

Raises:
    lmpack.errors.UsageError: an argument is out of range.)")
      .def(py::init([](const py::buffer& plain, std::int64_t lane_length, std::int64_t stride) {
             return std::make_unique<SharedEncoder>(copy_bytes(plain, "plain"), lane_length,
                                                    data_kind(stride));
           }),
           py::arg("plain"), py::arg("lane_length"), py::arg("stride"))
      .def("encode", &encode, py::arg("weights"),
           R"(Codes the next T steps.

Args:
    weights: int32 [L, T, V], C-contiguous, V at least 256: what the model gives for each symbol.
        Entries of lanes that have ended are ignored.

Raises:
    lmpack.errors.UsageError: the array has another type or shape, a weight is out of range, or
        the block has fewer steps left.)")
      .def("finish", &finish_encoder, R"(The payload. Call it once, after lane_length steps.

Raises:
    lmpack.errors.UsageError: there are steps left.)");
  py::class_<SharedDecoder>(module, "MixedDecoder",
                            R"(Decodes the bytes of one block with adaptive mixing, step by step.

Args:
    payload: bytes-like, what MixedEncoder.finish gave; it is copied.
    length: bytes in the block.
    lane_length: as for the encoder.
    stride: as for the encoder.

Raises:
    lmpack.errors.DamagedError: the payload starts like none.
    lmpack.errors.UsageError: an argument is out of range.)")
      .def(py::init([](const py::buffer& payload, std::int64_t length, std::int64_t lane_length,
                       std::int64_t stride) {
             return std::make_unique<SharedDecoder>(copy_bytes(payload, "payload"),
                                                    BlockLayout(length, lane_length),
                                                    data_kind(stride));
           }),
           py::arg("payload"), py::arg("length"), py::arg("lane_length"), py::arg("stride"))
      .def("decode", &decode, py::arg("weights"),
           R"(The bytes of the next step: int32 [L], 0 for lanes that have ended.

Args:
    weights: int32 [L, V], C-contiguous, equal to those that the bytes were encoded with.

Raises:
    lmpack.errors.DamagedError: the payload ends too early.
    lmpack.errors.UsageError: the array has another type or shape, a weight is out of range, or
        all steps are done.)")
      .def("finish", &finish_decoder, R"(The block, after the last step.

Raises:
    lmpack.errors.DamagedError: the encoder would have written another payload.
    lmpack.errors.UsageError: there are steps left.)");
}

}  // namespace

void register_mixing(py::module_& module) {
  register_coders(module);
  module.def("encode_adaptive", &encode_adaptive, py::arg("plain"), py::arg("lane_length"),
             py::arg("stride"), py::arg("advance"),
             R"(The payload of a block that nothing but its own bytes predict.

Args:
    plain: bytes, at least one.
    lane_length: bytes in a lane, 1 to len(plain).
    stride: distance at which bytes resemble one another, 1 to 65535; 0 for text.
    advance: called now and then with the number of steps done; what it raises ends the call.

Raises:
    lmpack.errors.UsageError: an argument is out of range.)");
  module.def("decode_adaptive", &decode_adaptive, py::arg("payload"), py::arg("length"),
             py::arg("lane_length"), py::arg("stride"), py::arg("advance"),
             R"(The bytes of a block that encode_adaptive() made, with the same arguments.

Raises:
    lmpack.errors.DamagedError: the payload is not that of any bytes.
    lmpack.errors.UsageError: an argument is out of range.)");
  module.def("residuals_of", &transformed<residuals_of>, py::arg("samples"), py::arg("channels"),
             R"(What the prediction of 16-bit samples lacks: as many bytes.

Args:
    samples: bytes, little-endian, of interleaved channels; an odd last byte stays as it is.
    channels: 1 to 8.

Raises:
    lmpack.errors.UsageError: the number of channels is out of range.)");
  module.def("samples_of", &transformed<samples_of>, py::arg("residuals"), py::arg("channels"),
             "The inverse of residuals_of(), for any bytes.");
  module.def("likely_stride", &stride_of, py::arg("plain"),
             "The distance at which bytes resemble one another most clearly, 0 if at none.");
}

}  // namespace lmpack::bindings
