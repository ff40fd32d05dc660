#include "lmpack/engine/engine.hpp"

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "blocks.hpp"
#include "lmpack/block_codec.hpp"
#include "lmpack/engine/lockstep_lanes.hpp"
#include "lmpack/engine/peak.hpp"
#include "lmpack/error.hpp"
#include "lmpack/mixed_block_codec.hpp"
#include "models.hpp"
#include "registers.hpp"
#include "shared.hpp"

namespace py = pybind11;

namespace lmpack::bindings {
namespace {

using SharedLanes = Shared<LockstepLanes>;

ModelShape shape_from(const py::dict& fields) {
  const auto number = [&](const char* name) { return fields[name].cast<std::size_t>(); };
  ModelShape shape{number("vocabulary"),
                   number("width"),
                   number("heads"),
                   number("head_width"),
                   number("hidden"),
                   fields["windows"].cast<std::vector<std::size_t>>(),
                   fields["activation"].cast<std::string>() == "relu2",
                   {}};
  for (const py::handle& table : fields["tables"]) {
    shape.tables.push_back({table["order"].cast<std::size_t>(), table["rows"].cast<std::uint32_t>(),
                            table["channel"].cast<std::size_t>(),
                            table["width"].cast<std::size_t>()});
  }
  return shape;
}

std::unique_ptr<Engine> make_engine(const py::dict& shape, const py::dict& tensors,
                                    const std::string& kernel) {
  return std::make_unique<Engine>(load_weights(shape_from(shape), tensor_source(tensors)),
                                  kernels_named(kernel));
}

std::unique_ptr<SharedLanes> start(const Engine& engine, std::int64_t lanes) {
  return std::make_unique<SharedLanes>(engine, lanes);
}

py::array_t<std::int32_t> feed(const Engine& engine, SharedLanes& shared, const py::array& symbols,
                               ThreadTeam& team) {
  if (&shared.constant().engine() != &engine) {
    throw InvalidArgument("the state belongs to another engine");
  }
  const auto symbol_span =
      int32_elements(symbols, "symbols", {{"L", shared.constant().lanes()}, {"T"}});
  py::array_t<std::int32_t> odds(
      {symbols.shape(0), symbols.shape(1), static_cast<py::ssize_t>(engine.shape().vocabulary)});
  const std::span<std::int32_t> odds_span(odds.mutable_data(),
                                          static_cast<std::size_t>(odds.size()));
  const std::size_t steps = axis_size(symbols, 1);
  shared.use([&](LockstepLanes& lanes) {
    const ThreadTeam::Lease lease(team);
    lanes.feed(symbol_span, steps, lease, odds_span);
  });
  return odds;
}

py::bytes encode(const Engine& engine, ThreadTeam& team, const py::bytes& plain,
                 std::int64_t lane_length, const py::function& steps_done) {
  const auto bytes = bytes_of(plain);
  const BlockLayout layout = layout_of(bytes, lane_length);
  return without_gil([&, tell = steps_done_from(steps_done)] {
    return encode_block(engine, team, bytes, layout, tell);
  });
}

py::bytes decode(const Engine& engine, ThreadTeam& team, const py::buffer& payload,
                 std::int64_t length, std::int64_t lane_length, const py::function& steps_done) {
  std::vector<std::uint8_t> bytes = copy_bytes(payload, "payload");
  const BlockLayout layout(length, lane_length);
  return without_gil([&, tell = steps_done_from(steps_done)] {
    return decode_block(engine, team, std::move(bytes), layout, tell);
  });
}

// One model, or two.
Models models_of(const Engine& engine, const Engine* second) {
  return second == nullptr ? Models{&engine} : Models{&engine, second};
}

py::bytes encode_mixed(const Engine& engine, ThreadTeam& team, const py::bytes& plain,
                       std::int64_t lane_length, const MixingNumbers& mixing,
                       const py::function& steps_done, const Engine* second, Prefix* prefix,
                       const GivenParts& given) {
  const auto bytes = bytes_of(plain);
  const BlockLayout layout = layout_of(bytes, lane_length);
  const Mixing how = mixing_of(mixing);
  const GivenBytes known = given_of(given);
  return without_gil([&, tell = steps_done_from(steps_done)] {
    return encode_mixed_block(models_of(engine, second), team, bytes, layout, how, tell, prefix,
                              known);
  });
}

py::bytes decode_mixed(const Engine& engine, ThreadTeam& team, const py::buffer& payload,
                       std::int64_t length, std::int64_t lane_length, const MixingNumbers& mixing,
                       const py::function& steps_done, const Engine* second, Prefix* prefix,
                       const GivenParts& given) {
  std::vector<std::uint8_t> bytes = copy_bytes(payload, "payload");
  const BlockLayout layout(length, lane_length);
  const Mixing how = mixing_of(mixing);
  const GivenBytes known = given_of(given);
  return without_gil([&, tell = steps_done_from(steps_done)] {
    return decode_mixed_block(models_of(engine, second), team, std::move(bytes), layout, how, tell,
                              prefix, known);
  });
}

double peak_products(const std::string& kernel, double seconds) {
  const Kernels& kernels = kernels_named(kernel);
  const py::gil_scoped_release unlocked;
  return peak_products_per_second(kernels, seconds);
}

std::vector<std::string> kernel_names() {
  std::vector<std::string> names;
  for (const Kernels* kernels : available_kernels()) names.emplace_back(kernels->name);
  return names;
}

void register_team(py::module_& module) {
  py::class_<ThreadTeam>(module, "ThreadTeam", R"(Threads that several calls share.

Args:
    threads: how many work at the same time, at least 1.

Raises:
    lmpack.errors.UsageError: fewer than one.)")
      .def(py::init<std::int64_t>(), py::arg("threads"));
}

}  // namespace

void register_engine(py::module_& module) {
  module.def("kernel_names", &kernel_names,
             "Names of the kernels that this processor can run, the fastest first.");
  module.def(
      "has_kernel", [](const std::string& name) { return find_kernels(name) != nullptr; },
      py::arg("name"),
      R"(Whether this processor can run the kernel.

kernel_names() asks Linux for its permission to use AMX, after which it refuses small stacks of
signals; this does so only for a kernel that needs it, or for one that there is not.)");
  module.def("peak_products", &peak_products, py::arg("kernel"), py::arg("seconds"),
             R"(8-bit products per second of one thread that does nothing else, as the best of
short runs that together take about `seconds`.

Raises:
    lmpack.errors.UsageError: the processor cannot run the kernel.)");
  register_team(module);
  py::class_<SharedLanes>(module, "EngineState", "What an Engine remembers of some lanes.");
  py::class_<Engine>(module, "Engine", R"(The forward pass of a model on the CPU.

Args:
    shape: fields of the architecture.
    tensors: the arrays of the bundle's tensor file by name, or views of memory with their shape,
        int8 or float32, C-contiguous.
    kernel: one of kernel_names().

Raises:
    lmpack.errors.UsageError: a tensor is missing or has another type or size, a weight is out of
        range, or the processor cannot run the kernel.)")
      .def(py::init(&make_engine), py::arg("shape"), py::arg("tensors"), py::arg("kernel"))
      .def("start", &start, py::arg("lanes"), py::keep_alive<0, 1>(),
           "A state of some lanes with nothing fed yet.")
      .def("feed", &feed, py::arg("state"), py::arg("symbols"), py::arg("team"),
           R"(Feeds symbols to the lanes of a state and gives the odds of the symbol after each.

Args:
    state: from start() of this engine; it is advanced.
    symbols: int32 [L, T], C-contiguous, 0 to V (V is the start symbol).
    team: a ThreadTeam that shares the lanes.

Returns:
    int32 [L, T, V].

Raises:
    lmpack.errors.UsageError: the array has another type or shape, a value is out of range, or the
        state is another engine's.)")
      .def("encode", &encode, py::arg("team"), py::arg("plain"), py::arg("lane_length"),
           py::arg("steps_done"), R"(The payload of a block.

Args:
    team: a ThreadTeam that shares the lanes.
    plain: bytes, at least one.
    lane_length: bytes in a lane, 1 to len(plain); the last lane may be shorter.
    steps_done: called now and then with the number of steps done, from the calling thread; what it
        raises ends the call.

Raises:
    lmpack.errors.UsageError: an argument is out of range, or the model has fewer symbols than
        there are bytes.)")
      .def("decode", &decode, py::arg("team"), py::arg("payload"), py::arg("length"),
           py::arg("lane_length"), py::arg("steps_done"), R"(The bytes of a block.

Args:
    team: a ThreadTeam that shares the lanes.
    payload: bytes-like, what encode() gave.
    length: number of bytes in the block.
    lane_length: as for encode().
    steps_done: as for encode().

Raises:
    lmpack.errors.DamagedError: the payload is not that of any bytes.
    lmpack.errors.UsageError: an argument is out of range.)")
      .def("encode_mixed", &encode_mixed, py::arg("team"), py::arg("plain"), py::arg("lane_length"),
           py::arg("mixing"), py::arg("steps_done"), py::arg("second") = py::none(),
           py::arg("prefix") = py::none(), py::arg("given") = py::none(),
           R"(As encode(), with adaptive mixing.

Args:
    team: as for encode().
    plain: as for encode().
    lane_length: as for encode().
    mixing: the distance at which bytes resemble one another, 1 to 65535, 0 if it is unknown; the
        predictor: 1 light, 2 full, 3 strong.
    steps_done: as for encode().
    second: the engine of a second model that is mixed in.
    prefix: a Prefix that stands before the block. The first block of its kind takes as long as the
        prefix would, too.
    given: as for encode_adaptive().)")
      .def("decode_mixed", &decode_mixed, py::arg("team"), py::arg("payload"), py::arg("length"),
           py::arg("lane_length"), py::arg("mixing"), py::arg("steps_done"),
           py::arg("second") = py::none(), py::arg("prefix") = py::none(),
           py::arg("given") = py::none(),
           "The bytes of a block that encode_mixed() made, with the same arguments.");
}

}  // namespace lmpack::bindings
