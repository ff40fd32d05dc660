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
  // As 16 bits, and the bits of `others`.
  void store_narrow(std::int16_t* to, const std::int16_t* others) const {
    *to = static_cast<std::int16_t>(value | *others);
  }
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

// The contexts from `first` on.
template <typename V>
void predict_histories(const ContextStep& step, std::size_t first) {
  const std::size_t size = step.size;
  const V half = V::all(static_cast<std::int32_t>(kHalf));
  const V state = V::of_histories(step.histories + first, step.node);
  state.store(step.states + first);
  const V entry = (V::numbers(first).template shift_left<8>() + state).of(step.history_entries);
  entry.store(step.current_histories + first);
  const V learned = entry.template shift_unsigned<kEntryShift>();
  const V p = state.equal_then(V::all(0), half, learned);
  const V logit = p.template shift<kStretchShift>().of(step.stretches);
  std::int16_t* const inputs = step.inputs + first;
  const std::int16_t* const others = step.others + first;
  logit.store_narrow(inputs, others);
  if (!step.all) return;
  const V none = V::all(0);
  const V certainty = state.of(step.certainties);
  const V side = certainty.template shift<1>().template shift_left<kProbabilityBits>();
  const V beyond = (p - side).template shift<kSureShift>();
  (p - half).template shift<kLinearShift>().store_narrow(inputs + size, others + size);
  certainty.equal_then(none, none, logit).store_narrow(inputs + 2 * size, others + 2 * size);
  certainty.equal_then(none, none, beyond).store_narrow(inputs + 3 * size, others + 3 * size);
}

template <typename V>
void learn_histories(const ContextStep& step, std::size_t first, std::uint32_t bit, V target) {
  const V state = V::load(step.states + first);
  const V entry = V::load(step.current_histories + first);
  const V limit = V::all(kHistoryLimit);
  (V::numbers(first).template shift_left<8>() + state)
      .put(step.history_entries, moved_entries(entry, target, limit, step.shares));
  const V next =
      (state.template shift_left<1>() + V::all(static_cast<std::int32_t>(bit))).of(step.nexts);
  const std::size_t left = step.contexts - first;
  next.put_histories(step.histories + first, step.node, left < V::kLanes ? left : V::kLanes);
}

template <typename V>
void predict_runs(const ContextStep& step, std::size_t first, std::uint32_t prefix, int bit) {
  const std::int32_t of_bit = (bit < 2 ? bit : bit < 5 ? 2 : 3) * 2;
  const V known = V::all(static_cast<std::int32_t>(prefix));
  const V half = V::all(static_cast<std::int32_t>(kHalf));
  const V next = V::load(step.expected + first).shift_unsigned(7 - bit);
  const V agreed = V::load(step.groups + first) + V::all(of_bit) + (next & V::all(1));
  const V nothing = V::numbers(first) * V::all(static_cast<std::int32_t>(step.places_of_context));
  const V known_of_next = next.template shift<1>();
  const V place = known_of_next.equal_then(known, agreed, nothing);
  place.store(step.places + first);
  const V entry = place.of(step.run_entries);
  entry.store(step.current_runs + first);
  const V learned = entry.template shift_unsigned<kEntryShift>();
  const V p = known_of_next.equal_then(known, learned, half);
  const V logit = p.template shift<kStretchShift>().of(step.stretches);
  const std::size_t before = step.size * (step.all ? 4 : 1) + first;
  logit.template shift<1>().store_narrow(step.inputs + before, step.others + before);
}

template <typename V>
void learn_runs(const ContextStep& step, std::size_t first, V target) {
  const V entry = V::load(step.current_runs + first);
  V::load(step.places + first)
      .put(step.run_entries, moved_entries(entry, target, V::all(kRunLimit), step.shares));
}

template <typename V>
void predict_contexts(const ContextStep& step, std::uint32_t prefix, int bit) {
  for (std::size_t i = 0; i < step.size; i += V::kLanes) {
    predict_histories<V>(step, i);
    predict_runs<V>(step, i, prefix, bit);
  }
}

template <typename V>
void learn_contexts(const ContextStep& step, std::uint32_t bit) {
  const V target = target_of<V>(bit);
  for (std::size_t i = 0; i < step.contexts; i += V::kLanes) {
    learn_histories(step, i, bit, target);
    learn_runs(step, i, target);
  }
}

}  // namespace
}  // namespace lmpack
