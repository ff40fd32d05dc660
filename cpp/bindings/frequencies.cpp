#include "lmpack/coder/frequencies.hpp"

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "arrays.hpp"
#include "registers.hpp"

namespace py = pybind11;

namespace lmpack::bindings {
namespace {

py::array_t<std::uint32_t> odds_to_frequencies(const py::array& odds) {
  const auto input = int32_elements(odds, "odds", {{"N"}, {"V"}});
  const auto vocabulary = static_cast<std::size_t>(odds.shape(1));
  check_vocabulary(odds.shape(1));
  py::array_t<std::uint32_t> frequencies({odds.shape(0), odds.shape(1)});
  const std::span<std::uint32_t> output(frequencies.mutable_data(), input.size());
  const py::gil_scoped_release unlocked;
  for (std::size_t row = 0; row < input.size(); row += vocabulary) {
    frequencies_from_odds(input.subspan(row, vocabulary), output.subspan(row, vocabulary));
  }
  return frequencies;
}

}  // namespace

void register_frequencies(py::module_& module) {
  module.def("odds_to_frequencies", &odds_to_frequencies, py::arg("odds"),
             R"(Frequencies that the coder uses for the given odds.

Args:
    odds: int32 [N, V], C-contiguous; N tables of V unnormalised probabilities, 0 to 2**24 - 1,
        at least one of a table above 0; V is 2 to 65536.

Returns:
    uint32 [N, V], at least 1 each, every row with the sum 2**24.

Raises:
    lmpack.errors.UsageError: the array has another type or shape, or odds are out of range.)");
}

}  // namespace lmpack::bindings
