#include "blocks.hpp"

#include <string>

#include "lmpack/error.hpp"

namespace py = pybind11;

namespace lmpack::bindings {

StepsDone steps_done_from(const py::function& function) {
  return [&function](std::size_t steps) {
    const py::gil_scoped_acquire locked;
    function(steps);
  };
}

BlockLayout layout_of(std::span<const std::uint8_t> plain, std::int64_t lane_length) {
  return {static_cast<std::int64_t>(plain.size()), lane_length};
}

DataKind data_kind(std::int64_t stride) {
  if (stride < 0 || stride > DataKind::kLargestStride) {
    throw InvalidArgument("the stride must be 0 to " + std::to_string(DataKind::kLargestStride) +
                          ", not " + std::to_string(stride));
  }
  return {static_cast<std::uint32_t>(stride)};
}

std::optional<DataKind> mixing_of(std::optional<std::int64_t> stride) {
  if (!stride) return std::nullopt;
  return data_kind(*stride);
}

}  // namespace lmpack::bindings
