// Many blocks that are decoded side by side, for executors that only predict.
#include "lmpack/lane_decoders.hpp"

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "arrays.hpp"
#include "errors.hpp"
#include "lmpack/coder/block_decoder.hpp"
#include "lmpack/error.hpp"
#include "lmpack/mixing/mixed_decoder.hpp"
#include "registers.hpp"
#include "shared.hpp"

namespace py = pybind11;

namespace lmpack::bindings {
namespace {

using SharedDecoder = Shared<BlockDecoder>;
using SharedMixedDecoder = Shared<MixedDecoder>;

using Blocks = Shared<LaneDecoders>;

// A step keeps its decoder for as long as a block has it.
void add(Blocks& blocks, std::size_t first, const py::object& decoder) {
  std::size_t lanes = 0;
  BlockStep step;
  if (py::isinstance<SharedMixedDecoder>(decoder)) {
    const auto mixed = py::cast<std::shared_ptr<SharedMixedDecoder>>(decoder);
    lanes = mixed->constant().layout().lanes();
    step = [mixed](OddsRows odds, std::span<std::int32_t> symbols) {
      mixed->use_without_gil([&](MixedDecoder& coder) { coder.decode({&odds, 1}, symbols); });
    };
  } else {
    const auto plain = py::cast<std::shared_ptr<SharedDecoder>>(decoder);
    lanes = plain->constant().layout().lanes();
    step = [plain](OddsRows odds, std::span<std::int32_t> symbols) {
      plain->use_without_gil([&](BlockDecoder& coder) {
        if (odds.vocabulary != coder.vocabulary()) {
          throw InvalidArgument("the odds are of another number of symbols than the decoder's");
        }
        coder.decode(odds.odds, symbols);
      });
    };
  }
  blocks.use([&](LaneDecoders& all) { all.add(first, lanes, std::move(step)); });
}

void remove(Blocks& blocks, std::size_t first) {
  blocks.use([&](LaneDecoders& all) { all.remove(first); });
}

py::list decode(Blocks& blocks, const py::array& odds, py::array symbols) {
  const std::size_t lanes = blocks.constant().lanes();
  const auto odds_span = int32_elements(odds, "odds", {{"L", lanes}, {"V"}});
  int32_elements(symbols, "symbols", {{"L", lanes}});
  if (!symbols.writeable()) throw InvalidArgument("the array symbols must be writeable");
  const std::span<std::int32_t> found(static_cast<std::int32_t*>(symbols.mutable_data()), lanes);
  const OddsRows rows{odds_span, axis_size(odds, 1)};
  const auto failures = blocks.use([&](LaneDecoders& all) { return all.decode(rows, found); });
  py::list errors;
  for (const BlockFailure& failure : failures) {
    errors.append(py::make_tuple(failure.first, python_error(failure.error)));
  }
  return errors;
}

}  // namespace

void register_lane_decoders(py::module_& module) {
  py::class_<Blocks>(module, "LaneDecoders",
                     R"(Decodes many blocks side by side, whose lanes share the steps of a model.

Args:
    team: its threads decode the blocks of a step.
    lanes: number L of lanes.)")
      .def(py::init<ThreadTeam&, std::size_t>(), py::keep_alive<1, 2>(), py::arg("team"),
           py::arg("lanes"))
      .def(
          "add", &add, py::arg("first"), py::arg("decoder"),
          R"(Gives the lanes from `first` on to a block: a BlockDecoder, or a MixedDecoder of one model.

Raises:
    lmpack.errors.UsageError: there are not so many lanes, or another block has one of them.)")
      .def("remove", &remove, py::arg("first"), R"(Takes its lanes from the block at `first`.)")
      .def("decode", &decode, py::arg("odds"), py::arg("symbols"),
           R"(One step of every block.

Args:
    odds: int32 [L, V], C-contiguous.
    symbols: int32 [L], C-contiguous; those of the lanes of blocks are written.

Returns:
    For each block that failed its first lane and its error. Its lanes are free then, their symbols 0.

Raises:
    lmpack.errors.UsageError: an array has another type or shape.)");
}

}  // namespace lmpack::bindings
