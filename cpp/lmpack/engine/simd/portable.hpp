// Vectors of 16 elements in the compiler's own vector types (GCC, Clang): the fallback for
// processors without a set of their own. Each function is one operation, rounded once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "lmpack/engine/packing.hpp"

namespace lmpack {
namespace {

struct Portable {
  static constexpr const char* kName = "portable";

  // Rows and panels of a product whose sums are kept in registers together.
  static constexpr int kTileRows = 2;
  static constexpr int kTilePanels = 1;

  using Ints = std::int32_t __attribute__((vector_size(64)));
  using Floats = float __attribute__((vector_size(64)));

  // Four rows of 16 columns of a packed operand, or four bytes of a row of the left operand as
  // often; the first and the third of four apart from the second and the fourth.
  using Halves = std::int16_t __attribute__((vector_size(64)));
  struct Columns {
    Halves even, odd;
  };
  using Bytes = Columns;

  static Ints load(const std::int32_t* from) { return copied<Ints>(from); }
  static Floats load(const float* from) { return copied<Floats>(from); }
  static void store(std::int32_t* to, Ints values) { std::memcpy(to, &values, sizeof(values)); }
  static void store(float* to, Floats values) { std::memcpy(to, &values, sizeof(values)); }
  // The low byte of each element.
  static void store_bytes(std::uint8_t* to, Ints values) {
    const auto bytes = __builtin_convertvector(values, Narrow);
    std::memcpy(to, &bytes, sizeof(bytes));
  }
  // Vectors of values from 0 to 255.
  static void store_bytes(std::uint8_t* to, const Ints (&values)[4]) {
    for (std::size_t i = 0; i < 4; ++i) store_bytes(to + i * kPanelColumns, values[i]);
  }
  static Ints load_words(const std::uint8_t* from) { return copied<Ints>(from); }
  // The places first + i of the elements i that are not 0, of which it gives the number; one more
  // is written.
  static std::size_t store_places(std::uint16_t* to, std::size_t first, Ints values) {
    std::int32_t elements[kPanelColumns];
    store(elements, values);
    std::size_t count = 0;
    for (std::size_t i = 0; i < kPanelColumns; ++i) {
      to[count] = static_cast<std::uint16_t>(first + i);
      count += elements[i] != 0 ? 1 : 0;
    }
    return count;
  }
  static Ints widen(const std::int8_t* from) {
    return __builtin_convertvector(copied<Narrow>(from), Ints);
  }
  static Ints widen(const std::int16_t* from) {
    return __builtin_convertvector(copied<Middle>(from), Ints);
  }
  // Each must fit.
  static void store_halves(std::int16_t* to, Ints values) {
    const auto halves = __builtin_convertvector(values, Middle);
    std::memcpy(to, &halves, sizeof(halves));
  }

  static Ints broadcast(std::int32_t value) { return Ints{} + value; }
  static Floats broadcast(float value) { return Floats{} + value; }

  static Columns load_columns(const std::int8_t* from) { return split(copied<Halves>(from)); }
  static Bytes load_bytes(const std::uint8_t* from) {
    std::int32_t bytes;
    std::memcpy(&bytes, from, sizeof(bytes));
    const auto both = reinterpret_cast<UnsignedHalves>(broadcast(bytes));
    return {reinterpret_cast<Halves>(both & 255), reinterpret_cast<Halves>(both >> 8)};
  }
  // sums + the products of the four bytes with each column. Two products fit 16 bits, as
  // 2 * 255 * 64 < 2**15.
  static Ints dot(Ints sums, const Bytes& bytes, const Columns& columns) {
    const auto pairs = reinterpret_cast<Ints>(bytes.even * columns.even + bytes.odd * columns.odd);
    return sums + ((pairs << 16) >> 16) + (pairs >> 16);
  }
  static void detach(Ints&) {}

  static Ints add(Ints a, Ints b) { return a + b; }
  static Ints sub(Ints a, Ints b) { return a - b; }
  static Ints min(Ints a, Ints b) { return a < b ? a : b; }
  static Ints max(Ints a, Ints b) { return a > b ? a : b; }
  // Each product must fit.
  static Ints mul(Ints a, Ints b) { return a * b; }
  static Ints bits_or(Ints a, Ints b) { return a | b; }
  static Ints bits_and(Ints a, Ints b) { return a & b; }
  template <int kBits>
  static Ints shift_right(Ints values) {
    return reinterpret_cast<Ints>(reinterpret_cast<Unsigned>(values) >> kBits);
  }
  // By 0 to 31 bits.
  static Ints shift_right(Ints values, Ints bits) {
    return reinterpret_cast<Ints>(reinterpret_cast<Unsigned>(values) >>
                                  reinterpret_cast<Unsigned>(bits));
  }

  // Element i becomes the sum of elements i and i + kDistance where bit kDistance of i is 0, and
  // the difference of elements i - kDistance and i where it is 1.
  template <int kDistance>
  static Ints butterfly(Ints values) {
    Ints result;
    for (std::size_t i = 0; i < kPanelColumns; ++i) {
      const std::int32_t other = values[i ^ kDistance];
      result[i] = (i & kDistance) != 0 ? other - values[i] : values[i] + other;
    }
    return result;
  }

  static Ints look_up(const std::int32_t* table, Ints index) {
    Ints result;
    for (std::size_t i = 0; i < kPanelColumns; ++i) result[i] = table[index[i]];
    return result;
  }
  static Floats look_up(const float* table, Ints index) {
    Floats result;
    for (std::size_t i = 0; i < kPanelColumns; ++i) result[i] = table[index[i]];
    return result;
  }

  static Floats add(Floats a, Floats b) { return a + b; }
  static Floats sub(Floats a, Floats b) { return a - b; }
  static Floats mul(Floats a, Floats b) { return a * b; }
  static Floats div(Floats a, Floats b) { return a / b; }
  static Floats min(Floats a, Floats b) { return a < b ? a : b; }
  static Floats max(Floats a, Floats b) { return a > b ? a : b; }
  static Floats abs(Floats values) {
    return reinterpret_cast<Floats>(reinterpret_cast<Ints>(values) & 0x7FFFFFFF);
  }

  static Floats to_floats(Ints values) { return __builtin_convertvector(values, Floats); }
  // Half to even; abs(value) < 2**31.
  static Ints round(Floats values) { return __builtin_convertvector(rounded(values), Ints); }
  // Half to even; abs(value) < 2**50.
  static Floats nearest(Floats values) { return __builtin_convertvector(rounded(values), Floats); }
  static Ints truncate(Floats values) { return __builtin_convertvector(values, Ints); }

  // The first `count` elements, and `rest` in place of the others.
  static Floats first(Floats values, std::size_t count, float rest) {
    for (std::size_t i = count; i < kPanelColumns; ++i) values[i] = rest;
    return values;
  }
  static float largest(Floats values) {
    float result = values[0];
    for (std::size_t i = 1; i < kPanelColumns; ++i)
      result = values[i] > result ? values[i] : result;
    return result;
  }
  static std::int32_t sum(Ints values) {
    std::int32_t result = 0;
    for (std::size_t i = 0; i < kPanelColumns; ++i) result += values[i];
    return result;
  }

 private:
  using Narrow = std::int8_t __attribute__((vector_size(16)));
  using Middle = std::int16_t __attribute__((vector_size(32)));
  using Unsigned = std::uint32_t __attribute__((vector_size(64)));
  using UnsignedHalves = std::uint16_t __attribute__((vector_size(64)));
  using Doubles = double __attribute__((vector_size(128)));

  template <typename Vector, typename Element>
  static Vector copied(const Element* from) {
    Vector result;
    std::memcpy(&result, from, sizeof(result));
    return result;
  }

  // A double of 1.5 * 2**52 more has no fraction bits.
  static Doubles rounded(Floats values) {
    constexpr double kNoFraction = 6755399441055744.0;
    const auto shifted = __builtin_convertvector(values, Doubles) + kNoFraction;
    return shifted - kNoFraction;
  }

  // The low and the high byte of each element. It is the same on machines of either byte order:
  // where the order of the bytes is another one, so is that of load_bytes().
  static Columns split(Halves both) { return {static_cast<Halves>(both << 8) >> 8, both >> 8}; }
};

}  // namespace
}  // namespace lmpack
