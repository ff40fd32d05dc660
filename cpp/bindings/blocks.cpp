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

Mixing mixing_of(const MixingNumbers& numbers) {
  const auto& [stride, predictor] = numbers;
  if (stride < 0 || stride > Mixing::kLargestStride) {
    throw InvalidArgument("the stride must be 0 to " + std::to_string(Mixing::kLargestStride) +
                          ", not " + std::to_string(stride));
  }
  if (predictor < kFirstPredictor || predictor > kLastPredictor) {
    throw InvalidArgument("the predictor must be " + std::to_string(kFirstPredictor) + " to " +
                          std::to_string(kLastPredictor) + ", not " + std::to_string(predictor));
  }
  return {static_cast<std::uint32_t>(stride), static_cast<Predictor>(predictor)};
}

std::optional<Mixing> mixing_of(const std::optional<MixingNumbers>& numbers) {
  if (!numbers) return std::nullopt;
  return mixing_of(*numbers);
}

GivenBytes given_of(const GivenParts& parts) {
  if (!parts) return {};
  return {.plain = bytes_of(parts->first), .is_given = bytes_of(parts->second)};
}

}  // namespace lmpack::bindings
