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
      inputs_(MixerLayer::padded(layout_.size())),
      others_(inputs_.data() + layout_.place_of(0)),
      histories_(layout_.padded(), unused_.histories.data()),
      expected_(layout_.padded()),
      of_runs_(layout_.padded()),
      current_(2 * layout_.padded()),
      places_(2 * layout_.padded()) {
  const StateTable& states = state_table();
  for (std::size_t i = 0; i < layout_.padded(); ++i) {
    for (std::size_t state = 0; state < StateTable::kStates; ++state) {
      entries_.push_back(states.first_guess(state) << kEntryShift);
    }
  }
  entries_.resize(entries_.size() + layout_.padded() * kPlaces, kHalf << kEntryShift);
  step_ = {.contexts = contexts,
           .groups = layout_.padded() / kContextGroup,
           .inputs_of_group = layout_.group(),
           .all = all,
           .inputs = inputs_.data(),
           .stretches = logistic().stretches(),
           .shares = kEntryShares.data(),
           .histories = histories_.data(),
           .node = 0,
           .certainties = states.certainties(),
           .nexts = states.nexts(),
           .expected = expected_.data(),
           .of_runs = of_runs_.data(),
           .entries = entries_.data(),
           .current = current_.data(),
           .places = places_.data()};
}

ContextInputs::ContextInputs(const ContextInputs& other)
    : ContextInputs(other.kernels_, other.step_.contexts, other.step_.all,
                    other.layout_.size() - other.layout_.place_of(0)) {
  entries_ = other.entries_;
  step_.entries = entries_.data();
}

void ContextInputs::set_run(std::size_t context, const ByteRun& run) {
  expected_[context] = run.length == 0 ? 0 : 256U + run.byte;
  const std::size_t first = layout_.padded() * StateTable::kStates + context * kPlaces;
  of_runs_[context] = static_cast<std::uint32_t>(first) + kClassOfLength[run.length] * kOfClass;
}

void ContextInputs::predict(std::uint32_t prefix, int bit, std::size_t node) {
  step_.node = node;
  kernels_.predict_contexts(step_, prefix, bit);
}

}  // namespace lmpack
