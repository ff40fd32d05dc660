// What the contexts have seen, as logits for the mixers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmpack/aligned.hpp"
#include "lmpack/mixing/context_steps.hpp"
#include "lmpack/mixing/history_table.hpp"
#include "lmpack/mixing/mixing_kernels.hpp"

namespace lmpack {

// Of each context the bit history of the next bit, with a state map of its own, and the run of the
// byte that it has seen last, with a run map. Each input is an array over all contexts.
class ContextInputs {
 public:
  // `all`: four inputs of the history instead of one. The kernels must outlive the object.
  ContextInputs(const MixingKernels& kernels, std::size_t contexts, bool all);

  ContextInputs(const ContextInputs&) = delete;
  ContextInputs& operator=(const ContextInputs&) = delete;

  // How many inputs there are in all.
  static std::size_t inputs(std::size_t contexts, bool all);

  // Starts a byte of which this is the run of a context.
  void set_run(std::size_t context, const ByteRun& run);

  // The histories of a context for its next four bits, as those of a slot.
  void set_slot(std::size_t context, SlotHistories& histories) {
    slots_[context] = histories.data();
  }

  // Writes the inputs: of histories the logit of p, and with all inputs p itself, and both again,
  // but 0 where zeros and ones were seen; then of runs the logit. A context that has seen nothing
  // gives zeros, and so does a run whose byte disagrees with the prefix, a leading 1 and the `bit`
  // bits of the byte that are known.
  // node: the index of the next bit's history in the slots.
  void predict(std::uint32_t prefix, int bit, std::size_t node, std::int16_t* inputs);

  // The bit that came.
  void update(std::uint32_t bit);

 private:
  const MixingKernels& kernels_;
  SlotHistories unused_{};  // of the entries that fill the arrays up
  AlignedVector<BitHistory*> slots_;
  AlignedVector<MapEntry> history_entries_;
  AlignedVector<std::uint32_t> states_;
  AlignedVector<MapEntry> run_entries_;
  AlignedVector<std::uint32_t> expected_;
  AlignedVector<std::uint32_t> groups_;
  AlignedVector<std::uint32_t> places_;
  HistoryStep history_step_;
  RunStep run_step_;
};

}  // namespace lmpack
