// Stretches of a block that stood in it before.
#include <pybind11/pybind11.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "arrays.hpp"
#include "lmpack/copies/copy_finder.hpp"
#include "lmpack/copies/copy_list.hpp"
#include "lmpack/copies/copying.hpp"
#include "lmpack/prefix.hpp"
#include "registers.hpp"

namespace py = pybind11;

namespace lmpack::bindings {
namespace {

py::tuple take_copies(const py::bytes& plain, std::size_t shortest, Prefix* prefix) {
  const auto bytes = bytes_of(plain);
  std::vector<std::uint8_t> list;
  std::vector<std::uint8_t> remainder;
  {
    const py::gil_scoped_release unlocked;
    const PrefixPieces* const before = prefix == nullptr ? nullptr : &prefix->pieces();
    const std::vector<Copy> copies = find_copies(bytes, shortest, before);
    list = list_of_copies(copies);
    if (!copies.empty()) remainder = remainder_of(bytes, copies);
  }
  if (list.empty()) return py::make_tuple(py::bytes(), plain);
  return py::make_tuple(python_bytes(list), python_bytes(remainder));
}

// The bytes before a block.
std::span<const std::uint8_t> bytes_before(const Prefix* prefix) {
  return prefix == nullptr ? std::span<const std::uint8_t>() : prefix->bytes();
}

std::size_t length_of_remainder(const py::bytes& copies, std::size_t length, const Prefix* prefix) {
  return remainder_length(bytes_of(copies), length, bytes_before(prefix).size());
}

py::bytes put(const py::bytes& copies, const py::bytes& remainder, std::size_t length,
              const Prefix* prefix) {
  // Filled where it stands: a block is large.
  auto* result = PyBytes_FromStringAndSize(nullptr, static_cast<py::ssize_t>(length));
  if (result == nullptr) throw py::error_already_set();
  auto plain = py::reinterpret_steal<py::bytes>(result);
  const auto list = bytes_of(copies);
  const auto rest = bytes_of(remainder);
  const std::span<std::uint8_t> target(reinterpret_cast<std::uint8_t*>(PyBytes_AS_STRING(result)),
                                       length);
  const py::gil_scoped_release unlocked;
  put_copies(list, rest, target, bytes_before(prefix));
  return plain;
}

}  // namespace

void register_copies(py::module_& module) {
  module.attr("SHORTEST_COPY") = kShortestCopy;
  module.def("take_copies", &take_copies, py::arg("plain"), py::arg("shortest"),
             py::arg("prefix") = py::none(),
             R"(The list of what stood in a block or a prefix before, and the rest of the block.

Args:
    plain: bytes, at most 2**24.
    shortest: bytes of the shortest stretch that is taken out, at least SHORTEST_COPY.
    prefix: a Prefix that stands before the block.

Returns:
    The list, empty if nothing is taken out, and the remainder.

Raises:
    lmpack.errors.UsageError: an argument is out of range.)");
  module.def("remainder_length", &length_of_remainder, py::arg("copies"), py::arg("length"),
             py::arg("prefix") = py::none(),
             R"(Bytes of the remainder of a block, 1 to length.

Args:
    copies: a list as take_copies() makes it, of whatever bytes.
    length: bytes of the block, at least 1.
    prefix: as for take_copies().

Raises:
    lmpack.errors.DamagedError: no block of this length has such a list.)");
  module.def("put_copies", &put, py::arg("copies"), py::arg("remainder"), py::arg("length"),
             py::arg("prefix") = py::none(),
             R"(The block of so many bytes whose list and remainder take_copies() gave.

Raises:
    lmpack.errors.DamagedError: there is no such block.)");
}

}  // namespace lmpack::bindings
