#include "lmpack/mixing/context_inputs.hpp"

#include <array>
#include <iterator>

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

std::size_t padded(std::size_t contexts) {
  return (contexts + kContextGroup - 1) / kContextGroup * kContextGroup;
}

}  // namespace

std::size_t ContextInputs::inputs(std::size_t contexts, bool all) {
  return padded(contexts) * (all ? 5 : 2);
}

ContextInputs::ContextInputs(const MixingKernels& kernels, std::size_t contexts, bool all)
    : kernels_(kernels),
      slots_(padded(contexts), unused_.data()),
      states_(padded(contexts)),
      run_entries_(padded(contexts) * kPlaces, kHalf << kEntryShift),
      expected_(padded(contexts)),
      groups_(padded(contexts)),
      places_(padded(contexts)) {
  const StateTable& states = state_table();
  const std::size_t size = padded(contexts);
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t state = 0; state < StateTable::kStates; ++state) {
      history_entries_.push_back(states.first_guess(state) << kEntryShift);
    }
  }
  history_step_ = {.size = size,
                   .all = all,
                   .slots = slots_.data(),
                   .node = 0,
                   .entries = history_entries_.data(),
                   .states = states_.data(),
                   .inputs = nullptr,
                   .stretches = logistic().stretches(),
                   .shares = kEntryShares.data(),
                   .sures = states.sures(),
                   .sides = states.sides(),
                   .nexts = states.nexts()};
  run_step_ = {.size = size,
               .places_of_context = kPlaces,
               .entries = run_entries_.data(),
               .expected = expected_.data(),
               .groups = groups_.data(),
               .places = places_.data(),
               .inputs = nullptr,
               .stretches = logistic().stretches(),
               .shares = kEntryShares.data()};
}

void ContextInputs::set_run(std::size_t context, const ByteRun& run) {
  expected_[context] = run.length == 0 ? 0 : 256U | run.byte;
  groups_[context] =
      static_cast<std::uint32_t>(context) * kPlaces + kClassOfLength[run.length] * kOfClass;
}

void ContextInputs::predict(std::uint32_t prefix, int bit, std::size_t node, std::int16_t* inputs) {
  history_step_.inputs = inputs;
  history_step_.node = node;
  run_step_.inputs = inputs + slots_.size() * (history_step_.all ? 4 : 1);
  kernels_.predict_histories(history_step_);
  kernels_.predict_runs(run_step_, prefix, bit);
}

void ContextInputs::update(std::uint32_t bit) {
  kernels_.learn_histories(history_step_, bit);
  unused_.fill(0);
  kernels_.learn_runs(run_step_, bit);
}

}  // namespace lmpack
