// Block coders of tokens for executors that only predict.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "blocks.hpp"
#include "lmpack/tokens/token_block_decoder.hpp"
#include "lmpack/tokens/token_block_encoder.hpp"
#include "lmpack/tokens/token_table.hpp"
#include "registers.hpp"
#include "shared.hpp"

namespace py = pybind11;

namespace lmpack::bindings {
namespace {

// Coders share their table, which must live as long as they do.
using SharedTable = std::shared_ptr<TokenTable>;

struct EncoderOwner {
  SharedTable shared_table;
  std::vector<std::uint8_t> plain;
};

// An encoder together with what it reads.
struct OwningEncoder : private EncoderOwner, TokenBlockEncoder {
  OwningEncoder(SharedTable given, std::vector<std::uint8_t> bytes, std::int64_t lane_length,
                std::optional<Mixing> mixing, std::span<const std::int32_t> tokens,
                std::span<const std::int32_t> counts)
      : EncoderOwner{std::move(given), std::move(bytes)},
        TokenBlockEncoder(*shared_table, plain, layout_of(plain, lane_length), tokens, counts,
                          mixing) {}
};

struct DecoderOwner {
  SharedTable shared_table;
};

struct OwningDecoder : private DecoderOwner, TokenBlockDecoder {
  OwningDecoder(SharedTable given, std::vector<std::uint8_t> payload, BlockLayout layout,
                std::optional<Mixing> mixing)
      : DecoderOwner{std::move(given)},
        TokenBlockDecoder(*shared_table, std::move(payload), layout, mixing) {}
};

using SharedEncoder = Shared<OwningEncoder>;
using SharedDecoder = Shared<OwningDecoder>;

std::unique_ptr<SharedEncoder> make_encoder(const SharedTable& table, const py::buffer& plain,
                                            std::int64_t lane_length,
                                            const std::optional<MixingNumbers>& mixing,
                                            const py::array& tokens, const py::array& counts) {
  return std::make_unique<SharedEncoder>(
      table, copy_bytes(plain, "plain"), lane_length, mixing_of(mixing),
      int32_elements(tokens, "tokens", {{"n"}}), int32_elements(counts, "counts", {{"L"}}));
}

void encode(SharedEncoder& shared, const py::array& weights) {
  const TokenBlockEncoder& coder = shared.constant();
  const auto elements = int32_elements(
      weights, "weights", {{"L", coder.layout().lanes()}, {"T"}, {"V", coder.table().size()}});
  const std::size_t steps = axis_size(weights, 1);
  shared.use([&](TokenBlockEncoder& encoder) { encoder.encode(elements, steps); });
}

py::bytes finish_encoder(SharedEncoder& shared) {
  return python_bytes(shared.use([](TokenBlockEncoder& encoder) { return encoder.finish(); }));
}

std::unique_ptr<SharedDecoder> make_decoder(const SharedTable& table, const py::buffer& payload,
                                            std::int64_t length, std::int64_t lane_length,
                                            const std::optional<MixingNumbers>& mixing) {
  return std::make_unique<SharedDecoder>(table, copy_bytes(payload, "payload"),
                                         BlockLayout(length, lane_length), mixing_of(mixing));
}

py::array_t<std::int32_t> decode(SharedDecoder& shared, const py::array& weights) {
  const TokenBlockDecoder& coder = shared.constant();
  const std::size_t lanes = coder.layout().lanes();
  const auto elements =
      int32_elements(weights, "weights", {{"L", lanes}, {"V", coder.table().size()}});
  py::array_t<std::int32_t> tokens(static_cast<py::ssize_t>(lanes));
  const std::span<std::int32_t> token_span(tokens.mutable_data(), lanes);
  shared.use([&](TokenBlockDecoder& decoder) { decoder.decode(elements, token_span); });
  return tokens;
}

bool is_done(SharedDecoder& shared) {
  return shared.use([](const TokenBlockDecoder& decoder) { return decoder.done(); });
}

std::size_t coded(SharedDecoder& shared) {
  return shared.use([](const TokenBlockDecoder& decoder) { return decoder.coded(); });
}

py::bytes finish_decoder(SharedDecoder& shared) {
  return python_bytes(shared.use([](TokenBlockDecoder& decoder) { return decoder.finish(); }));
}

void register_table(py::module_& module) {
  py::class_<TokenTable, SharedTable>(module, "TokenTable",
                                      R"(The tokens of a model as strings of bytes.

Args:
    token_bytes: bytes-like, all tokens, one after another; it is copied.
    lengths: bytes-like, the number of bytes of each token, 1 to 255.

Raises:
    lmpack.errors.UsageError: there are 0 or more than 2**20 tokens, they have another number of bytes
        together, or they are not strictly ascending.)")
      .def(py::init([](const py::buffer& token_bytes, const py::buffer& lengths) {
             return std::make_shared<TokenTable>(copy_bytes(token_bytes, "token_bytes"),
                                                 copy_bytes(lengths, "lengths"));
           }),
           py::arg("token_bytes"), py::arg("lengths"))
      .def("__len__", &TokenTable::size);
}

void register_encoder(py::module_& module) {
  py::class_<SharedEncoder>(module, "TokenEncoder",
                            R"(Encodes the tokens of one block, all lanes into one stream.

Step k codes token k of every lane that has one (docs/format.md, section 5.6).

Args:
    table: the tokens.
    plain: bytes-like, the block; it is copied.
    lane_length: bytes in a lane, 1 to len(plain); the last lane may be shorter.
    mixing: the distance at which bytes resemble one another, 1 to 65535, 0 if it is unknown, and the
        predictor: 1 light, 2 full, 3 strong; None without mixing.
    tokens: int32 [n], C-contiguous: those of the first lane, then those of the second one, and so on.
    counts: int32 [L], C-contiguous: how many tokens each lane has.

Raises:
    lmpack.errors.UsageError: an argument is out of range, or the bytes of the tokens of a lane,
        joined, are not those of the lane.)")
      .def(py::init(&make_encoder), py::arg("table"), py::arg("plain"), py::arg("lane_length"),
           py::arg("mixing"), py::arg("tokens"), py::arg("counts"))
      .def("encode", &encode, py::arg("weights"),
           R"(Codes the next T steps.

Args:
    weights: int32 [L, T, V], C-contiguous, 0 to 2**30: what the model gives for each token. Entries
        of lanes that have ended are ignored.

Raises:
    lmpack.errors.UsageError: the array has another type or shape, weights are out of range, or the
        block has fewer steps left. After bad weights every further call is refused.)")
      .def("finish", &finish_encoder, R"(The payload. Call it once, after the last step.

Raises:
    lmpack.errors.UsageError: there are steps left, the block was finished before, or an earlier call
        failed.)");
}

void register_decoder(py::module_& module) {
  py::class_<SharedDecoder>(module, "TokenDecoder",
                            R"(Decodes the tokens of one block, step by step.

Args:
    table: as for the encoder.
    payload: bytes-like, what TokenEncoder.finish gave; it is copied.
    length: bytes in the block.
    lane_length: as for the encoder.
    mixing: as for the encoder.

Raises:
    lmpack.errors.DamagedError: the payload starts like none.
    lmpack.errors.UsageError: an argument is out of range.)")
      .def(py::init(&make_decoder), py::arg("table"), py::arg("payload"), py::arg("length"),
           py::arg("lane_length"), py::arg("mixing"))
      .def("decode", &decode, py::arg("weights"),
           R"(The tokens of the next step: int32 [L], 0 for lanes that have ended.

Args:
    weights: int32 [L, V], C-contiguous, equal to those that the tokens were encoded with. Rows of
        lanes that have ended are ignored.

Raises:
    lmpack.errors.DamagedError: no tokens have this payload.
    lmpack.errors.UsageError: the array has another type or shape, weights are out of range, all lanes
        have ended, or an earlier call failed.)")
      .def_property_readonly("done", &is_done, "Whether all lanes have ended.")
      .def_property_readonly("coded", &coded, "Bytes that are decoded.")
      .def("finish", &finish_decoder, R"(The block, after the last step.

Raises:
    lmpack.errors.DamagedError: the encoder would have written another payload.
    lmpack.errors.UsageError: a lane has not ended, the block was finished before, or an earlier call
        failed.)");
}

}  // namespace

void register_token_coders(py::module_& module) {
  register_table(module);
  register_encoder(module);
  register_decoder(module);
}

}  // namespace lmpack::bindings
