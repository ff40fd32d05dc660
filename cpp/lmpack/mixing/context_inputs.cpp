#include "lmpack/mixing/context_inputs.hpp"

#include <array>
#include <iterator>

#include "lmpack/mixing/mixer_layer.hpp"
#include "lmpack/mixing/state_map.hpp"

namespace lmpack {
namespace {

// Lengths of runs, in classes: class i begins at kFirstOfClass[i].
constexpr std::uint8_t kFirstOfClass[] = {0, 1, 2, 3, 4, 6, 9, 14, 24, 48, 100, 255};
constexpr std::uint32_t kClasses = std::size(kFirstOfClass);

// Entries of a context: [class of the run][class of the bit][expected bit]. In class 0 nothing was
// seen.
constexpr std::uint32_t kOfClass = kBitClasses * 2;
constexpr std::uint32_t kPlaces = kClasses * kOfClass;

constexpr auto kClassOfLength = [] {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t length = 0; length < classes.size(); ++length) {
    std::uint8_t found = 0;
    while (found + 1U < kClasses && kFirstOfClass[found + 1U] <= length) ++found;
    classes[length] = found;
  }
  return classes;
}();

}  // namespace

ContextInputs::ContextInputs(const MixingKernels& kernels, std::size_t contexts, bool all,
                             std::size_t others)
    : kernels_(kernels),
      layout_(contexts, all, others),
      others_(layout_.size()),
      histories_(layout_.row(), unused_.histories.data()),
      current_histories_(layout_.row()),
      states_(layout_.row()),
      run_entries_(layout_.row() * kPlaces, kHalf << kEntryShift),
      current_runs_(layout_.row()),
      expected_(layout_.row()),
      groups_(layout_.row()),
      places_(layout_.row()) {
  for (auto& inputs : inputs_) inputs.resize(MixerLayer::padded(layout_.size()));
  const StateTable& states = state_table();
  for (std::size_t i = 0; i < layout_.row(); ++i) {
    for (std::size_t state = 0; state < StateTable::kStates; ++state) {
      history_entries_.push_back(states.first_guess(state) << kEntryShift);
    }
  }
  for (std::size_t i = 0; i < others; ++i) places_of_others_.push_back(layout_.place_of(i));
  step_ = {.contexts = contexts,
           .size = layout_.row(),
           .all = all,
           .others = others_.data(),
           .inputs = inputs_[0].data(),
           .stretches = logistic().stretches(),
           .shares = kEntryShares.data(),
           .histories = histories_.data(),
           .node = 0,
           .history_entries = history_entries_.data(),
           .current_histories = current_histories_.data(),
           .states = states_.data(),
           .certainties = states.certainties(),
           .nexts = states.nexts(),
           .places_of_context = kPlaces,
           .run_entries = run_entries_.data(),
           .current_runs = current_runs_.data(),
           .places = places_.data(),
           .expected = expected_.data(),
           .groups = groups_.data()};
}

void ContextInputs::set_run(std::size_t context, const ByteRun& run) {
  expected_[context] = run.length == 0 ? 0 : 256U + run.byte;
  groups_[context] =
      static_cast<std::uint32_t>(context) * kPlaces + kClassOfLength[run.length] * kOfClass;
}

void ContextInputs::predict(std::uint32_t prefix, int bit, std::size_t node) {
  step_.inputs = inputs_[step_.inputs == inputs_[0].data() ? 1 : 0].data();
  step_.node = node;
  kernels_.predict_contexts(step_, prefix, bit);
}

}  // namespace lmpack
