#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "blocks.hpp"
#include "lmpack/decoder/lanes.hpp"
#include "lmpack/error.hpp"
#include "lmpack/token_block_codec.hpp"
#include "models.hpp"
#include "registers.hpp"
#include "shared.hpp"

namespace py = pybind11;

namespace lmpack::bindings {
namespace {

using SharedLanes = Shared<DecoderLanes>;

// An engine and the arrays whose memory it reads.
class HeldEngine {
 public:
  HeldEngine(const DecoderShape& shape, py::dict tensors, const Kernels& kernels)
      : tensors_(std::move(tensors)), engine_(shape, tensor_source(tensors_), kernels) {}

  const DecoderEngine& engine() const { return engine_; }

 private:
  py::dict tensors_;
  DecoderEngine engine_;
};

DecoderShape shape_from(const py::dict& fields) {
  const auto number = [&](const char* name) { return fields[name].cast<std::size_t>(); };
  const auto flag = [&](const char* name) { return fields[name].cast<bool>(); };
  const auto numbers = [&](const char* name) {
    return fields[name].cast<std::vector<std::size_t>>();
  };
  return {.vocabulary = number("vocabulary"),
          .width = number("width"),
          .heads = number("heads"),
          .kv_heads = number("kv_heads"),
          .head_width = number("head_width"),
          .hidden = number("hidden"),
          .context = number("context"),
          .windows = numbers("windows"),
          .ropes = numbers("ropes"),
          .residual_bits = fields["residual_bits"].cast<int>(),
          .layer_norm = fields["norm"].cast<std::string>() == "layer",
          .post_norms = flag("post_norms"),
          .qk_norm = flag("qk_norm"),
          .gated = flag("gated"),
          .activation_range = number("activation_range"),
          .qkv_bias = flag("qkv_bias"),
          .out_bias = flag("out_bias"),
          .feed_forward_bias = flag("feed_forward_bias"),
          .tied = flag("tied")};
}

std::unique_ptr<HeldEngine> make_engine(const py::dict& shape, const py::dict& tensors,
                                        const std::string& kernel) {
  return std::make_unique<HeldEngine>(shape_from(shape), tensors.attr("copy")(),
                                      kernels_named(kernel));
}

std::unique_ptr<SharedLanes> start(const HeldEngine& held, std::int64_t lanes) {
  return std::make_unique<SharedLanes>(held.engine(), lanes);
}

py::array_t<std::int32_t> feed(const HeldEngine& held, SharedLanes& shared,
                               const py::array& symbols, ThreadTeam& team) {
  if (&shared.constant().engine() != &held.engine()) {
    throw InvalidArgument("the state belongs to another engine");
  }
  const auto symbol_span =
      int32_elements(symbols, "symbols", {{"L", shared.constant().lanes()}, {"T"}});
  py::array_t<std::int32_t> weights({symbols.shape(0), symbols.shape(1),
                                     static_cast<py::ssize_t>(held.engine().shape().vocabulary)});
  const std::span<std::int32_t> weight_span(weights.mutable_data(),
                                            static_cast<std::size_t>(weights.size()));
  const std::size_t steps = axis_size(symbols, 1);
  shared.use([&](DecoderLanes& lanes) {
    const ThreadTeam::Lease lease(team);
    lanes.feed(symbol_span, steps, lease, weight_span);
  });
  return weights;
}

py::bytes encode(const HeldEngine& held, const TokenTable& table, ThreadTeam& team,
                 const py::bytes& plain, std::int64_t lane_length,
                 const std::optional<MixingNumbers>& mixing, const py::array& tokens,
                 const py::array& counts, const py::function& steps_done) {
  const auto bytes = bytes_of(plain);
  const BlockLayout layout = layout_of(bytes, lane_length);
  const auto how = mixing_of(mixing);
  const LaneTokens lane_tokens{int32_elements(tokens, "tokens", {{"n"}}),
                               int32_elements(counts, "counts", {{"L", layout.lanes()}})};
  return without_gil([&, tell = steps_done_from(steps_done)] {
    return encode_token_block(held.engine(), table, team, bytes, layout, lane_tokens, how, tell);
  });
}

py::bytes decode(const HeldEngine& held, const TokenTable& table, ThreadTeam& team,
                 const py::buffer& payload, std::int64_t length, std::int64_t lane_length,
                 const std::optional<MixingNumbers>& mixing, const py::function& steps_done) {
  std::vector<std::uint8_t> bytes = copy_bytes(payload, "payload");
  const BlockLayout layout(length, lane_length);
  const auto how = mixing_of(mixing);
  return without_gil([&, tell = steps_done_from(steps_done)] {
    return decode_token_block(held.engine(), table, team, std::move(bytes), layout, how, tell);
  });
}

}  // namespace

void register_decoder_engine(py::module_& module) {
  py::class_<SharedLanes>(module, "DecoderState", "What a DecoderEngine remembers of some lanes.");
  py::class_<HeldEngine>(module, "DecoderEngine", R"(The forward pass of a decoder on the CPU.

Args:
    shape: fields of the DecoderShape.
    tensors: the arrays of the bundle's tensor file by name, int8 or float32, C-contiguous. They are
        not copied, and must stay as they are.
    kernel: one of kernel_names().

Raises:
    lmpack.errors.UsageError: a tensor is missing or has another type or size, a value is out of its
        bounds, or the processor cannot run the kernel.)")
      .def(py::init(&make_engine), py::arg("shape"), py::arg("tensors"), py::arg("kernel"))
      .def("start", &start, py::arg("lanes"), py::keep_alive<0, 1>(),
           "A state of some lanes with nothing fed yet.")
      .def("feed", &feed, py::arg("state"), py::arg("symbols"), py::arg("team"),
           R"(Feeds symbols to the lanes of a state and gives the weights of the symbol after each.

Args:
    state: from start() of this engine; it is advanced.
    symbols: int32 [L, T], C-contiguous, 0 to V (V is the start symbol).
    team: a ThreadTeam that shares the work.

Returns:
    int32 [L, T, V].

Raises:
    lmpack.errors.UsageError: the array has another type or shape, a value is out of range, there
        are more symbols than the context has positions, or the state is another engine's.)")
      .def("encode", &encode, py::arg("table"), py::arg("team"), py::arg("plain"),
           py::arg("lane_length"), py::arg("mixing"), py::arg("tokens"), py::arg("counts"),
           py::arg("steps_done"), R"(The payload of a block.

Args:
    table: a TokenTable of the model's tokens.
    team: a ThreadTeam that shares the work.
    plain: bytes, at least one.
    lane_length: bytes in a lane, 1 to len(plain); the last lane may be shorter.
    mixing: as for TokenEncoder.
    tokens: as for TokenEncoder.
    counts: as for TokenEncoder.
    steps_done: called now and then, from the calling thread, with how many of lane_length steps
        are done; what it raises ends the call.

Raises:
    lmpack.errors.UsageError: an argument is out of range, the table is another model's, or the
        bytes of the tokens of a lane are not those of the lane.)")
      .def("decode", &decode, py::arg("table"), py::arg("team"), py::arg("payload"),
           py::arg("length"), py::arg("lane_length"), py::arg("mixing"), py::arg("steps_done"),
           R"(The bytes of a block.

Args:
    table: as for encode().
    team: as for encode().
    payload: bytes-like, what encode() gave.
    length: number of bytes in the block.
    lane_length: as for encode().
    mixing: as for encode().
    steps_done: as for encode().

Raises:
    lmpack.errors.DamagedError: the payload is not that of any tokens.
    lmpack.errors.UsageError: an argument is out of range, or the table is another model's.)");
}

}  // namespace lmpack::bindings
