// The steps of the contexts over the vectors of a set of kernels, without branches.
#pragma once

#include "lmpack/mixing/context_steps.hpp"
#include "lmpack/mixing/logistic.hpp"
#include "lmpack/mixing/state_map.hpp"

namespace lmpack {
namespace {

constexpr int kLinearShift = 7;  // p - 1/2 in units of logits: within +-1
constexpr int kSureShift = 8;    // p in units of logits: within +-1
constexpr std::uint32_t kHistoryLimit = 1000;
constexpr std::uint32_t kRunLimit = 500;
constexpr int kStretchShift = kProbabilityBits - 12;

// One context at a time, for processors whose vectors cannot look up tables. Other sets of kernels
// have vectors with the same functions.
struct SingleEntry {
  static constexpr std::size_t kLanes = 1;

  std::int32_t value;

  static SingleEntry all(std::int32_t value) { return {value}; }
  static SingleEntry numbers(std::size_t first) { return {static_cast<std::int32_t>(first)}; }
  static SingleEntry load(const std::uint32_t* from) { return {static_cast<std::int32_t>(*from)}; }
  void store(std::uint32_t* to) const { *to = static_cast<std::uint32_t>(value); }
  void store_narrow(std::int16_t* to) const { *to = static_cast<std::int16_t>(value); }
  SingleEntry of(const std::int32_t* table) const { return {table[value]}; }
  SingleEntry of(const std::uint32_t* table) const { return load(table + value); }
  void put(std::uint32_t* table, SingleEntry entry) const { entry.store(table + value); }
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

// moved_entry() of several.
template <typename V>
V moved_entries(V entries, V target, V limit, const std::uint32_t* shares) {
  constexpr int kLow = 11;
  const V count = entries & V::all((1 << kEntryCountBits) - 1);
  const V p = entries.template shift_unsigned<kEntryCountBits>();
  const V lacks = target - p;
  const V share = count.of(shares);
  const V low = ((lacks & V::all((1 << kLow) - 1)) * share).template shift<kLow>();
  const V step = (lacks.template shift<kLow>() * share + low).template shift<16 - kLow>();
  return (p + step).template shift_left<kEntryCountBits>() | (count + V::all(1)).min(limit);
}

template <typename V>
V target_of(std::uint32_t bit) {
  return V::all(bit != 0 ? (1 << (32 - kEntryCountBits)) - 1 : 0);
}

template <typename V>
void predict_histories(const HistoryStep& step) {
  for (std::size_t i = 0; i < step.size; ++i) step.states[i] = step.slots[i][step.node];
  const V half = V::all(static_cast<std::int32_t>(kHalf));
  std::int16_t* const linear = step.inputs + step.size;
  std::int16_t* const sure_logits = linear + step.size;
  std::int16_t* const sure_linear = sure_logits + step.size;
  for (std::size_t i = 0; i < step.size; i += V::kLanes) {
    const V state = V::load(step.states + i);
    const V place = V::numbers(i).template shift_left<8>() + state;
    const V learned = place.of(step.entries).template shift_unsigned<kEntryShift>();
    const V p = state.equal_then(V::all(0), half, learned);
    const V logit = p.template shift<kStretchShift>().of(step.stretches);
    logit.store_narrow(step.inputs + i);
    if (!step.all) continue;
    const V sure = state.of(step.sures);
    (p - half).template shift<kLinearShift>().store_narrow(linear + i);
    (logit & sure).store_narrow(sure_logits + i);
    ((p - state.of(step.sides)).template shift<kSureShift>() & sure).store_narrow(sure_linear + i);
  }
}

template <typename V>
void learn_histories(const HistoryStep& step, std::uint32_t bit) {
  const V target = target_of<V>(bit);
  const V limit = V::all(kHistoryLimit);
  for (std::size_t i = 0; i < step.size; i += V::kLanes) {
    const V place = V::numbers(i).template shift_left<8>() + V::load(step.states + i);
    place.put(step.entries, moved_entries(place.of(step.entries), target, limit, step.shares));
  }
  const std::uint8_t* const nexts = step.nexts + bit;
  BitHistory* const* const slots = step.slots;
  const std::size_t node = step.node;
  const std::uint32_t* const states = step.states;
  for (std::size_t i = 0, size = step.size; i < size; ++i) slots[i][node] = nexts[2 * states[i]];
}

template <typename V>
void predict_runs(const RunStep& step, std::uint32_t prefix, int bit) {
  const std::int32_t of_bit = (bit < 2 ? bit : bit < 5 ? 2 : 3) * 2;
  const V known = V::all(static_cast<std::int32_t>(prefix));
  const V half = V::all(static_cast<std::int32_t>(kHalf));
  const V places_of_context = V::all(static_cast<std::int32_t>(step.places_of_context));
  for (std::size_t i = 0; i < step.size; i += V::kLanes) {
    const V next = V::load(step.expected + i).shift_unsigned(7 - bit);
    const V agreed = V::load(step.groups + i) + V::all(of_bit) + (next & V::all(1));
    const V nothing = V::numbers(i) * places_of_context;
    const V known_of_next = next.template shift<1>();
    const V place = known_of_next.equal_then(known, agreed, nothing);
    place.store(step.places + i);
    const V learned = place.of(step.entries).template shift_unsigned<kEntryShift>();
    const V p = known_of_next.equal_then(known, learned, half);
    const V logit = p.template shift<kStretchShift>().of(step.stretches);
    logit.template shift<1>().store_narrow(step.inputs + i);
  }
}

template <typename V>
void learn_runs(const RunStep& step, std::uint32_t bit) {
  const V target = target_of<V>(bit);
  const V limit = V::all(kRunLimit);
  for (std::size_t i = 0; i < step.size; i += V::kLanes) {
    const V place = V::load(step.places + i);
    place.put(step.entries, moved_entries(place.of(step.entries), target, limit, step.shares));
  }
}

}  // namespace
}  // namespace lmpack
