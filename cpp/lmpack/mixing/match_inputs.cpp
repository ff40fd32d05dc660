#include "lmpack/mixing/match_inputs.hpp"

#include <algorithm>

#include "lmpack/mixing/logistic.hpp"

namespace lmpack {
namespace {

constexpr std::uint32_t kLengthLimit = 1000;
constexpr std::uint32_t kByteLimit = 250;

// Lengths from 16 on are in classes: class 16 + i begins at kFirstOfClass[i].
constexpr std::size_t kFirstOfClass[] = {16, 24, 32, 48, 64, 96, 128, 256, 512};
constexpr std::size_t kClasses = 16 + std::size(kFirstOfClass);

std::size_t class_of(std::size_t length) {
  if (length < kFirstOfClass[0]) return length;
  const auto after = std::ranges::upper_bound(kFirstOfClass, length);
  return 15 + static_cast<std::size_t>(after - std::begin(kFirstOfClass));
}

}  // namespace

MatchInputs::MatchInputs(std::span<const std::uint8_t> plain, BlockLayout layout,
                         std::span<const std::size_t> shortest, int places_log2) {
  for (const std::size_t length : shortest) {
    models_.push_back({MatchModel(plain, layout, length, places_log2),
                       StateMap(2 * kClasses, kLengthLimit), StateMap(256 * 256, kByteLimit)});
  }
}

void MatchInputs::start_byte(std::span<Match> matches) {
  current_ = matches;
  for (std::size_t i = 0; i < models_.size(); ++i) {
    Model& model = models_[i];
    Match& match = matches[i];
    model.matches.check(match);
    model.expected = 0;
    if (match.length == 0) continue;
    model.expected = 256U | model.matches.expected(match);
    model.length_class = class_of(match.length);
  }
}

void MatchInputs::predict(std::uint32_t prefix, int bit, Logit* inputs) {
  std::size_t longest = 0;
  expected_ = 0;
  for (std::size_t i = 0; i < models_.size(); ++i) {
    Model& model = models_[i];
    Logit& by_length = inputs[i];
    Logit& by_byte = inputs[models_.size() + i];
    by_length = by_byte = 0;
    model.agrees = model.expected >> (8 - bit) == prefix;
    if (!model.agrees) continue;
    const std::uint32_t expected = model.expected & 0xFF;
    const std::uint32_t next = expected >> (7 - bit) & 1;
    by_length = logistic_.stretch(model.by_length.predict(model.length_class * 2 + next));
    by_byte = logistic_.stretch(model.by_byte.predict(expected << 8 | prefix));
    if (current_[i].length > longest) {
      longest = current_[i].length;
      expected_ = expected;
    }
  }
  length_class_ = longest == 0 ? 0 : std::clamp<std::size_t>(longest / 2, 1, kLengthClasses - 1);
}

void MatchInputs::update(std::uint32_t bit) {
  for (Model& model : models_) {
    if (!model.agrees) continue;
    model.by_length.update(bit);
    model.by_byte.update(bit);
  }
}

void MatchInputs::finish_byte(std::span<Match> matches, std::size_t place, std::uint64_t last) {
  for (std::size_t i = 0; i < models_.size(); ++i) {
    models_[i].matches.advance(matches[i], place, last);
  }
}

void MatchInputs::go_on(const MixedBytes& bytes, std::size_t lanes) {
  for (Model& model : models_) model.matches.go_on(bytes, lanes);
}

void MatchInputs::keep() {
  for (Model& model : models_) {
    if (!model.agrees) continue;
    model.by_length.keep();
    model.by_byte.keep();
  }
}

void MatchInputs::keep_changes() {
  for (Model& model : models_) model.matches.keep_changes();
}

void MatchInputs::undo() {
  for (Model& model : models_) {
    model.matches.undo();
    model.by_length.undo();
    model.by_byte.undo();
  }
}

}  // namespace lmpack
