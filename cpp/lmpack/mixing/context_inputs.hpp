// What the contexts have seen, as logits for the mixers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lmpack/aligned.hpp"
#include "lmpack/mixing/context_steps.hpp"
#include "lmpack/mixing/history_table.hpp"
#include "lmpack/mixing/input_layout.hpp"
#include "lmpack/mixing/mixing_kernels.hpp"

namespace lmpack {

// Of each context the bit history of the next bit, with a state map of its own, and the run of the
// byte that it has seen last, with a run map. The inputs of the mixers are an array over all
// contexts each; other inputs come behind them.
class ContextInputs {
 public:
  // `all`: four inputs of the history instead of one. others: how many other inputs there are. The
  // kernels must outlive the object.
  ContextInputs(const MixingKernels& kernels, std::size_t contexts, bool all, std::size_t others);

  // One that has learned the same, between two bytes: runs and slots are to be set again.
  ContextInputs(const ContextInputs& other);
  ContextInputs& operator=(const ContextInputs&) = delete;

  const InputLayout& layout() const { return layout_; }

  // Starts a byte of which this is the run of a context.
  void set_run(std::size_t context, const ByteRun& run);

  // The histories of a context for its next four bits, as those of a slot.
  void set_slot(std::size_t context, HistorySlot& slot) {
    histories_[context] = slot.histories.data();
  }

  // The other inputs of the next bit, to be set.
  std::int16_t* others() { return others_; }

  // The inputs of a context: the logit of its history, that of its run, and with all inputs of its
  // history p itself, and both again, but 0 where zeros and ones were seen. What has seen nothing
  // gives zeros, and so does a run whose byte disagrees with the prefix, a leading 1 and the `bit`
  // bits of the byte that are known.
  // node: the index of the next bit's history in the slots.
  void predict(std::uint32_t prefix, int bit, std::size_t node);

  // Padded with zeros for MixerLayer.
  const std::int16_t* inputs() const { return inputs_.data(); }

  // The bit that came.
  void update(std::uint32_t bit) { kernels_.learn_contexts(step_, bit); }

  // From now on what it has learned can be taken back to what it is now.
  void keep_changes() { kept_ = entries_; }
  void undo() { std::ranges::copy(kept_, entries_.begin()); }

 private:
  const MixingKernels& kernels_;
  InputLayout layout_;
  HistorySlot unused_{};  // of the entries that fill the arrays up
  AlignedVector<std::int16_t> inputs_;
  std::int16_t* others_;  // of these
  AlignedVector<BitHistory*> histories_;
  AlignedVector<std::uint32_t> expected_;
  AlignedVector<std::uint32_t> of_runs_;
  AlignedVector<MapEntry> entries_;
  AlignedVector<MapEntry> kept_;  // for undo(): all, as most of them change soon
  AlignedVector<MapEntry> current_;
  AlignedVector<std::uint32_t> places_;
  ContextStep step_;
};

}  // namespace lmpack
