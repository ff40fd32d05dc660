// The steps of the contexts over the vectors of a set of kernels, without branches.
#pragma once

#include "lmpack/mixing/context_steps.hpp"
#include "lmpack/mixing/entries.hpp"
#include "lmpack/mixing/logistic.hpp"
#include "lmpack/mixing/state_map.hpp"

namespace lmpack {
namespace {

constexpr int kLinearShift = 7;  // p - 1/2 in units of logits: within +-1
constexpr int kSureShift = 8;    // p in units of logits: within +-1
constexpr std::uint32_t kHistoryLimit = 1000;
constexpr std::uint32_t kRunLimit = 500;
constexpr int kStretchShift = kProbabilityBits - 12;

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

// V::kLanes contexts from `first` on, which are of one group. Both: their histories and runs.
template <typename V, typename Both>
void predict_some(const ContextStep& step, std::size_t first, std::uint32_t prefix, int bit) {
  const V none = V::all(0);
  const V state = V::of_histories(step.histories + first, step.node);
  const V of_history = V::numbers(first).template shift_left<8>() + state;
  const std::int32_t of_bit = (bit < 2 ? bit : bit < 5 ? 2 : 3) * 2;
  const V next = V::load(step.expected + first).shift_unsigned(7 - bit);
  const V of_run = V::load(step.of_runs + first) + V::all(of_bit) + (next & V::all(1));
  const V known = V::all(static_cast<std::int32_t>(prefix));
  const Both places = {state.equal_then(none, none, of_history),
                       next.template shift<1>().equal_then(known, of_run, none)};
  const std::size_t group = first / kContextGroup;
  const std::size_t lane = first % kContextGroup;
  places.store(step.places + group * 2 * kContextGroup + lane);
  const Both entries = places.of(step.entries);
  entries.store(step.current + group * 2 * kContextGroup + lane);
  const Both half = Both::all(static_cast<std::int32_t>(kHalf));
  const Both learned = entries.template shift_unsigned<kEntryShift>();
  const Both p = places.equal_then(Both::all(0), half, learned);
  const Both logits = p.template shift<kStretchShift>().of(step.stretches);
  std::int16_t* const inputs = step.inputs + group * step.inputs_of_group + lane;
  logits.halved_runs().store_narrow(inputs);
  if (!step.all) return;
  const V certainty = state.of(step.certainties);
  const V side = certainty.template shift<1>().template shift_left<kProbabilityBits>();
  const V beyond = (p.histories() - side).template shift<kSureShift>();
  const V linear = (p.histories() - half.histories()).template shift<kLinearShift>();
  linear.store_narrow(inputs + 2 * kContextGroup);
  certainty.equal_then(none, none, logits.histories()).store_narrow(inputs + 3 * kContextGroup);
  certainty.equal_then(none, none, beyond).store_narrow(inputs + 4 * kContextGroup);
}

template <typename V, typename Both>
void learn_some(const ContextStep& step, std::size_t first, std::uint32_t bit) {
  const std::size_t group = first / kContextGroup;
  const std::size_t lane = first % kContextGroup;
  const Both target = Both::all(bit != 0 ? (1 << (32 - kEntryCountBits)) - 1 : 0);
  const Both limit = {V::all(kHistoryLimit), V::all(kRunLimit)};
  const Both places = Both::load(step.places + group * 2 * kContextGroup + lane);
  const Both entries = Both::load(step.current + group * 2 * kContextGroup + lane);
  places.put(step.entries, moved_entries(entries, target, limit, step.shares));
  const V state = places.histories() & V::all(StateTable::kStates - 1);
  const V next =
      (state.template shift_left<1>() + V::all(static_cast<std::int32_t>(bit))).of(step.nexts);
  const std::size_t left = step.contexts - first;
  next.put_histories(step.histories + first, step.node, left < V::kLanes ? left : V::kLanes);
}

template <typename V, typename Both = Pair<V>>
void predict_contexts(const ContextStep& step, std::uint32_t prefix, int bit) {
  for (std::size_t i = 0; i < step.groups * kContextGroup; i += V::kLanes) {
    predict_some<V, Both>(step, i, prefix, bit);
  }
}

template <typename V, typename Both = Pair<V>>
void learn_contexts(const ContextStep& step, std::uint32_t bit) {
  for (std::size_t i = 0; i < step.contexts; i += V::kLanes) learn_some<V, Both>(step, i, bit);
}

}  // namespace
}  // namespace lmpack
