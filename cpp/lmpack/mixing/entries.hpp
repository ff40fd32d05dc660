// What contexts have, side by side: one context at a time, for processors whose vectors cannot look
// up tables, and pairs of vectors. Other sets of kernels have vectors with the same functions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lmpack/mixing/context_steps.hpp"

namespace lmpack {
namespace {

// What the histories and the runs of V::kLanes contexts have, where no vector holds both.
template <typename V>
struct Pair {
  V low;   // of histories
  V high;  // of runs

  V histories() const { return low; }
  static Pair all(std::int32_t value) { return {V::all(value), V::all(value)}; }
  static Pair load(const std::uint32_t* from) {
    return {V::load(from), V::load(from + kContextGroup)};
  }
  void store(std::uint32_t* to) const {
    low.store(to);
    high.store(to + kContextGroup);
  }
  // As 16 bits.
  void store_narrow(std::int16_t* to) const {
    low.store_narrow(to);
    high.store_narrow(to + kContextGroup);
  }
  // What tables have at these places. Vectors may read up to three bytes more.
  template <typename Element>
  Pair of(const Element* table) const {
    return {low.of(table), high.of(table)};
  }
  void put(std::uint32_t* table, Pair entries) const {
    low.put(table, entries.low);
    high.put(table, entries.high);
  }
  Pair equal_then(Pair other, Pair yes, Pair no) const {
    return {low.equal_then(other.low, yes.low, no.low),
            high.equal_then(other.high, yes.high, no.high)};
  }
  Pair min(Pair other) const { return {low.min(other.low), high.min(other.high)}; }
  template <int kBits>
  Pair shift() const {
    return {low.template shift<kBits>(), high.template shift<kBits>()};
  }
  template <int kBits>
  Pair shift_unsigned() const {
    return {low.template shift_unsigned<kBits>(), high.template shift_unsigned<kBits>()};
  }
  template <int kBits>
  Pair shift_left() const {
    return {low.template shift_left<kBits>(), high.template shift_left<kBits>()};
  }
  // Of runs alone.
  Pair halved_runs() const { return {low, high.template shift<1>()}; }

  friend Pair operator+(Pair a, Pair b) { return {a.low + b.low, a.high + b.high}; }
  friend Pair operator-(Pair a, Pair b) { return {a.low - b.low, a.high - b.high}; }
  friend Pair operator*(Pair a, Pair b) { return {a.low * b.low, a.high * b.high}; }
  friend Pair operator&(Pair a, Pair b) { return {a.low & b.low, a.high & b.high}; }
  friend Pair operator|(Pair a, Pair b) { return {a.low | b.low, a.high | b.high}; }
};

// One context at a time.
struct SingleEntry {
  static constexpr std::size_t kLanes = 1;

  std::int32_t value;

  static SingleEntry all(std::int32_t value) { return {value}; }
  static SingleEntry numbers(std::size_t first) { return {static_cast<std::int32_t>(first)}; }
  static SingleEntry load(const std::uint32_t* from) { return {static_cast<std::int32_t>(*from)}; }
  void store(std::uint32_t* to) const { *to = static_cast<std::uint32_t>(value); }
  // As 16 bits.
  void store_narrow(std::int16_t* to) const { *to = static_cast<std::int16_t>(value); }
  // What tables have at these places. Vectors may read up to three bytes more.
  SingleEntry of(const std::uint8_t* table) const { return {table[value]}; }
  SingleEntry of(const std::int16_t* table) const { return {table[value]}; }
  SingleEntry of(const std::uint32_t* table) const { return load(table + value); }
  void put(std::uint32_t* table, SingleEntry entry) const { entry.store(table + value); }
  // Byte `node` of each of some histories; vectors may read up to three bytes more.
  static SingleEntry of_histories(BitHistory* const* histories, std::size_t node) {
    return {(*histories)[node]};
  }
  // Becomes byte `node` of the first `count` of some histories.
  void put_histories(BitHistory* const* histories, std::size_t node, std::size_t count) const {
    if (count != 0) (*histories)[node] = static_cast<BitHistory>(value);
  }
  // Where this equals the other, `yes`, elsewhere `no`.
  SingleEntry equal_then(SingleEntry other, SingleEntry yes, SingleEntry no) const {
    return value == other.value ? yes : no;
  }
  SingleEntry min(SingleEntry other) const { return value < other.value ? *this : other; }
  template <int kBits>
  SingleEntry shift() const {
    return {value >> kBits};
  }
  template <int kBits>
  SingleEntry shift_unsigned() const {
    return {static_cast<std::int32_t>(static_cast<std::uint32_t>(value) >> kBits)};
  }
  template <int kBits>
  SingleEntry shift_left() const {
    return {static_cast<std::int32_t>(static_cast<std::uint32_t>(value) << kBits)};
  }
  SingleEntry shift_unsigned(int bits) const { return {value >> bits}; }  // of values >= 0

  friend SingleEntry operator+(SingleEntry a, SingleEntry b) { return {a.value + b.value}; }
  friend SingleEntry operator-(SingleEntry a, SingleEntry b) { return {a.value - b.value}; }
  friend SingleEntry operator*(SingleEntry a, SingleEntry b) { return {a.value * b.value}; }
  friend SingleEntry operator&(SingleEntry a, SingleEntry b) { return {a.value & b.value}; }
  friend SingleEntry operator|(SingleEntry a, SingleEntry b) { return {a.value | b.value}; }
};

}  // namespace
}  // namespace lmpack
