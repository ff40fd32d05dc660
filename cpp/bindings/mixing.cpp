// Whole blocks without a model, and what prepares them.
#include <pybind11/pybind11.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "blocks.hpp"
#include "lmpack/filters/filter.hpp"
#include "lmpack/filters/number_bits.hpp"
#include "lmpack/mixing/adaptive_block.hpp"
#include "lmpack/mixing/likely_stride.hpp"
#include "lmpack/mixing/mixing_kernels.hpp"
#include "lmpack/mixing/parts_trial.hpp"
#include "lmpack/prefix.hpp"
#include "registers.hpp"

namespace py = pybind11;

namespace lmpack::bindings {
namespace {

PrimedMixers* mixers_of(Prefix* prefix) { return prefix == nullptr ? nullptr : &prefix->mixers(); }

py::bytes encode_adaptive(const py::bytes& plain, std::int64_t lane_length,
                          const MixingNumbers& mixing, const py::function& steps_done,
                          Prefix* prefix, const GivenParts& given) {
  const auto bytes = bytes_of(plain);
  const BlockLayout layout = layout_of(bytes, lane_length);
  const Mixing how = mixing_of(mixing);
  const GivenBytes known = given_of(given);
  return without_gil([&, tell = steps_done_from(steps_done)] {
    return encode_adaptive_block(bytes, layout, how, tell, mixers_of(prefix), known);
  });
}

py::bytes decode_adaptive(const py::buffer& payload, std::int64_t length, std::int64_t lane_length,
                          const MixingNumbers& mixing, const py::function& steps_done,
                          Prefix* prefix, const GivenParts& given) {
  std::vector<std::uint8_t> bytes = copy_bytes(payload, "payload");
  const BlockLayout layout(length, lane_length);
  const Mixing how = mixing_of(mixing);
  const GivenBytes known = given_of(given);
  return without_gil([&, tell = steps_done_from(steps_done)] {
    return decode_adaptive_block(std::move(bytes), layout, how, tell, mixers_of(prefix), known);
  });
}

std::uint32_t stride_of(const py::buffer& plain) {
  return likely_stride(copy_bytes(plain, "plain"));
}

std::uint32_t row_of(const py::buffer& plain, std::uint32_t pixel) {
  if (pixel == 0) throw InvalidArgument("a pixel has at least one byte");
  return likely_row(copy_bytes(plain, "plain"), pixel);
}

std::int64_t bits_of_numbers(const py::buffer& plain, std::size_t width, bool is_signed,
                             bool is_big_endian, std::size_t distance) {
  return number_bits(copy_bytes(plain, "plain"), {width, is_signed, is_big_endian}, distance);
}

std::int64_t bits_of_frequencies(const py::buffer& plain, std::size_t width, std::int64_t more) {
  return frequency_bits(copy_bytes(plain, "plain"), width, more);
}

using Transform = std::vector<std::uint8_t>(std::span<const std::uint8_t>, std::uint32_t,
                                            FilterParameters, const StepsDone&);

template <Transform* transform>
py::bytes transformed(const py::bytes& bytes, std::uint32_t filter_id, const py::bytes& parameters,
                      const py::function& steps_done) {
  return without_gil(
      [plain = bytes_of(bytes), filter_id, kept = bytes_of(parameters),
       tell = steps_done_from(steps_done)] { return transform(plain, filter_id, kept, tell); });
}

std::size_t size_without(const py::buffer& plain, const MixingNumbers& mixing,
                         const std::vector<std::string>& without, const std::string& kernels) {
  const std::vector<std::uint8_t> bytes = copy_bytes(plain, "plain");
  const Mixing how = mixing_of(mixing);
  const py::gil_scoped_release unlocked;
  return size_without_parts(bytes, how, without, kernels);
}

std::vector<std::string> kernels_of_mixing() {
  std::vector<std::string> names;
  for (const MixingKernels* kernels : available_mixing_kernels()) {
    names.emplace_back(kernels->name);
  }
  return names;
}

}  // namespace

void register_mixing(py::module_& module) {
  module.def("encode_adaptive", &encode_adaptive, py::arg("plain"), py::arg("lane_length"),
             py::arg("mixing"), py::arg("steps_done"), py::arg("prefix") = py::none(),
             py::arg("given") = py::none(),
             R"(The payload of a block that nothing but its own bytes predict.

Args:
    plain: bytes, at least one.
    lane_length: bytes in a lane, 1 to len(plain).
    mixing: the distance at which bytes resemble one another, 1 to 65535, 0 if it is unknown; the
        predictor: 1 light, 2 full, 3 strong.
    steps_done: called now and then with the number of steps done; what it raises ends the call.
    prefix: a Prefix that stands before the block. The first block of its kind takes as long as the
        prefix would, too.
    given: bytes of the block that the decoder has, too, only behind a prefix: as many bytes, and as
        many flags, 1 for each byte that is given. They are mixed like all others and not coded.

Raises:
    lmpack.errors.UsageError: an argument is out of range.)");
  module.def("decode_adaptive", &decode_adaptive, py::arg("payload"), py::arg("length"),
             py::arg("lane_length"), py::arg("mixing"), py::arg("steps_done"),
             py::arg("prefix") = py::none(), py::arg("given") = py::none(),
             R"(The bytes of a block that encode_adaptive() made, with the same arguments.

Raises:
    lmpack.errors.DamagedError: the payload is not that of any bytes.
    lmpack.errors.UsageError: an argument is out of range.)");
  module.def("filter_bytes", &transformed<filter_bytes>, py::arg("plain"), py::arg("filter_id"),
             py::arg("parameters"), py::arg("steps_done"),
             R"(What a filter makes of bytes: as many bytes, which can be mixed better.

Args:
    plain: any bytes.
    filter_id: 1 samples, 2 x86, 3 ARM64, 4 delta.
    parameters: of the filter, as a payload holds them (docs/filters.md).
    steps_done: called now and then with the number of bytes done; what it raises ends the call.

Raises:
    lmpack.errors.UsageError: there is no such filter, or it has other parameters.)");
  module.def("unfilter_bytes", &transformed<unfilter_bytes>, py::arg("filtered"),
             py::arg("filter_id"), py::arg("parameters"), py::arg("steps_done"),
             "The inverse of filter_bytes(), for any bytes.");
  module.def(
      "mixing_parts", [](const MixingNumbers& mixing) { return names_of_parts(mixing_of(mixing)); },
      py::arg("mixing"), "The names of the parts of a predictor that size_without_parts() takes.");
  module.def("mixing_kernels", &kernels_of_mixing,
             "The kernels for mixing that this processor can run, the fastest first.");
  module.def("size_without_parts", &size_without, py::arg("plain"), py::arg("mixing"),
             py::arg("without"), py::arg("kernels"),
             R"(Bytes of the payload of a block of one lane without a model, for measurements.

Args:
    plain: bytes-like, at least one byte.
    mixing: as for encode_adaptive().
    without: names of the parts of the predictor to leave out, of mixing_parts().
    kernels: the name of those to use, of mixing_kernels().

Raises:
    lmpack.errors.UsageError: an argument is out of range, or there is no such name.)");
  module.def("likely_stride", &stride_of, py::arg("plain"),
             "The distance at which bytes resemble one another most clearly, 0 if at none.");
  module.def("likely_row", &row_of, py::arg("plain"), py::arg("pixel"),
             R"(Bytes in the rows of a picture, if a distance stands out as such; otherwise 0.

Args:
    plain: any bytes.
    pixel: bytes of a pixel, at least 1.

Raises:
    lmpack.errors.UsageError: there are no pixels of no bytes.)");

  module.attr("BIT_UNITS") = kBitUnits;
  module.def("number_bits", &bits_of_numbers, py::arg("plain"), py::arg("width"),
             py::arg("is_signed"), py::arg("is_big_endian"), py::arg("distance"),
             R"(About the bits of a number, and of its sign, and 2 more: a mean, in BIT_UNITS.

Args:
    plain: any bytes; those behind the last whole number do not count.
    width: bytes of a number, 1 to 8.
    is_signed: in two's complement; otherwise numbers are counted from the middle of their range.
    is_big_endian: the byte of the highest bits comes first.
    distance: the number so many before is known, and the difference counts; 0 for the difference
        from the middle number by size.

Raises:
    lmpack.errors.UsageError: there are no such numbers.)");
  module.def("frequency_bits", &bits_of_frequencies, py::arg("plain"), py::arg("width"),
             py::arg("more"),
             R"(The bits of all bytes by their frequencies at each place of a number, in BIT_UNITS.

Args:
    plain: any bytes; those behind the last whole number do not count.
    width: bytes of a number, at least 1.
    more: what each value that occurs at a place takes by itself.

Raises:
    lmpack.errors.UsageError: there are no numbers of no bytes.)");
}

}  // namespace lmpack::bindings
