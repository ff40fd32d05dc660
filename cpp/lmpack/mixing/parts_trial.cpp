#include "lmpack/mixing/parts_trial.hpp"

#include <array>
#include <utility>

#include "lmpack/coder/bytes.hpp"
#include "lmpack/coder/range_encoder.hpp"
#include "lmpack/error.hpp"
#include "lmpack/mixing/bit_interval.hpp"
#include "lmpack/mixing/context_mixer.hpp"

namespace lmpack {
namespace {

constexpr auto kSelectorNames = std::to_array<std::string_view>(
    {"selector: prefix", "selector: model", "selector: byte 1", "selector: byte 2",
     "selector: byte 3", "selector: expected", "selector: seen orders", "selector: kinds",
     "selector: record above", "selector: code", "selector: token"});
static_assert(kSelectorNames.size() == static_cast<std::size_t>(Selector::kToken) + 1);

constexpr std::string_view kHistoryInputs = "three more inputs of histories";
constexpr std::string_view kSecondFinal = "second final mixer";
constexpr std::string_view kMatchApm = "APM of matches";
constexpr std::string_view kLateSlots = "late slots";
constexpr std::string_view kByKind = "rows, decimals, text";

std::string name_of(Context context) {
  return std::string(kContextNames[static_cast<std::size_t>(context)]);
}

std::string name_of(Selector selector) {
  return std::string(kSelectorNames[static_cast<std::size_t>(selector)]);
}

std::string name_of_match(std::size_t shortest) { return "matches of " + std::to_string(shortest); }

PredictorParts parts_of(Mixing mixing) { return parts_of(mixing.predictor, mixing.stride != 0); }

// Whether a list had the part, which it then has no more.
template <typename Part, typename Name>
bool left_out(std::vector<Part>& parts, const std::string& name, const Name& name_of_part) {
  return std::erase_if(parts, [&](const Part& part) { return name_of_part(part) == name; }) != 0;
}

void leave_out(PredictorParts& parts, const std::string& name) {
  const auto of_context = [](Context context) { return name_of(context); };
  const auto of_selector = [](Selector selector) { return name_of(selector); };
  if (left_out(parts.contexts, name, of_context) || left_out(parts.selectors, name, of_selector) ||
      left_out(parts.matches, name, name_of_match)) {
    return;
  }
  if (name == kHistoryInputs && parts.all_history_inputs) {
    parts.all_history_inputs = false;
  } else if (name == kSecondFinal && parts.second_final) {
    parts.second_final = false;
  } else if (name == kMatchApm && parts.match_apm) {
    parts.match_apm = false;
  } else if (name == kLateSlots && parts.late_slots) {
    parts.late_slots = false;
  } else if (name == kByKind && parts.by_kind) {
    parts.by_kind = false;
  } else {
    throw InvalidArgument("the predictor has no part '" + name + "'");
  }
}

const MixingKernels& kernels_of(std::string_view name) {
  for (const MixingKernels* kernels : available_mixing_kernels()) {
    if (kernels->name == name) return *kernels;
  }
  throw InvalidArgument("this processor has no kernels '" + std::string(name) + "' for mixing");
}

}  // namespace

std::vector<std::string> names_of_parts(Mixing mixing) {
  const PredictorParts parts = parts_of(mixing);
  std::vector<std::string> names;
  for (const Context context : parts.contexts) names.push_back(name_of(context));
  for (const Selector selector : parts.selectors) names.push_back(name_of(selector));
  for (const std::size_t shortest : parts.matches) names.push_back(name_of_match(shortest));
  if (parts.all_history_inputs) names.emplace_back(kHistoryInputs);
  if (parts.second_final) names.emplace_back(kSecondFinal);
  if (parts.match_apm) names.emplace_back(kMatchApm);
  if (parts.late_slots) names.emplace_back(kLateSlots);
  if (parts.by_kind) names.emplace_back(kByKind);
  return names;
}

std::size_t size_without_parts(std::span<const std::uint8_t> plain, Mixing mixing,
                               std::span<const std::string> without, std::string_view kernels) {
  PredictorParts parts = parts_of(mixing);
  for (const std::string& name : without) leave_out(parts, name);
  const auto length = static_cast<std::int64_t>(plain.size());
  ContextMixer mixer(plain, BlockLayout(length, length), mixing.stride, 0, std::move(parts),
                     kernels_of(kernels));
  RangeEncoder coder;
  for (const std::uint8_t byte : plain) {
    mixer.start_byte(0);
    for (int i = 0; i < kBitsInByte; ++i) {
      const std::uint32_t bit = byte >> (kBitsInByte - 1 - i) & 1U;
      coder.encode(bit_interval(mixer.predict({}), bit));
      mixer.update(bit);
    }
    mixer.finish_byte();
  }
  return coder.finish().size();
}

}  // namespace lmpack
