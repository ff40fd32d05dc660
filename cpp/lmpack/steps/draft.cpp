#include "lmpack/steps/draft.hpp"

#include <algorithm>
#include <bit>

namespace lmpack {
namespace {

// Sizes for long blocks. Whatever lies here has no room in a cache that weights have.
constexpr std::size_t kMostBits = 14;
constexpr std::size_t kMostBytes = std::size_t{1} << 19;

constexpr std::uint8_t kSurest = 15;

// Places in a line of the cache.
constexpr std::size_t kLinePlaces = 16;

// How fast chances follow what happens.
constexpr float kRate = 1.0F / 64;

std::uint64_t hash_last(std::uint64_t last, std::size_t order) {
  const std::uint64_t bytes = last & ((std::uint64_t{1} << (8 * order)) - 1);
  const std::uint64_t value = (bytes + order) * 0x9E3779B97F4A7C15;
  return (value ^ value >> 29) * 0xBF58476D1CE4E5B9;
}

void nudge(float& chance, bool right) { chance += ((right ? 1.0F : 0.0F) - chance) * kRate; }

}  // namespace

Draft::Draft(std::size_t length)
    : bits_(std::clamp<std::size_t>(std::bit_width(length), 8, kMostBits)),
      places_(std::size_t{1} << bits_),
      bytes_(std::min(std::bit_ceil(std::max<std::size_t>(length, 1)), kMostBytes)) {
  for (auto& table : tables_) table.resize(std::size_t{1} << bits_);
  for (std::size_t source = 0; source < kSources; ++source) {
    for (std::size_t grade = 0; grade < kGrades; ++grade) {
      const float first = 0.3F + 0.03F * static_cast<float>(grade);
      source_chance_[source][grade] = first;
      for (auto& by_agreement : chance_[source]) by_agreement[grade] = first;
    }
  }
}

void Draft::prefetch() const {
  for (std::size_t order = 0; order < kOrders.size(); ++order) {
    std::uint16_t check;
    __builtin_prefetch(&tables_[order][context(order, place_.last, check)]);
  }
  __builtin_prefetch(&places_[places_line()]);
}

bool Draft::add(std::uint8_t byte) {
  const bool right = learn(choose(place_), byte);
  remember(byte);
  follow(byte);
  return right;
}

std::size_t Draft::guess(std::span<Guess> guesses, float smallest_chance) const {
  Place place = place_;
  float chance = 1;
  std::size_t count = 0;
  for (; count < guesses.size(); ++count) {
    const Choice choice = choose(place);
    if (choice.source == kSources) break;
    const Expectation& chosen = choice.expected[choice.source];
    chance *= chance_[choice.source][choice.agreement][chosen.grade];
    if (chance < smallest_chance) break;
    guesses[count] = {chosen.byte, chance_[choice.source][choice.agreement][chosen.grade]};
    const Expectation& match = choice.expected[kMatch];
    if (match.exists && match.byte == chosen.byte) {
      ++place.match;
      ++place.length;
    } else {
      place.length = 0;
    }
    place.last = place.last << 8 | chosen.byte;
  }
  return count;
}

std::size_t Draft::context(std::size_t order, std::uint64_t last, std::uint16_t& check) const {
  const std::uint64_t hash = hash_last(last, kOrders[order]);
  check = static_cast<std::uint16_t>(hash >> 8);
  return static_cast<std::size_t>(hash >> (64 - bits_));
}

// Where the places lie that belong to the last bytes and any next one.
std::size_t Draft::places_line() const {
  const std::uint64_t hash = hash_last(place_.last, kShortestMatch - 1);
  return static_cast<std::size_t>(hash >> (64 - bits_)) / kLinePlaces * kLinePlaces;
}

Draft::Choice Draft::choose(const Place& place) const {
  Choice choice;
  for (std::size_t order = 0; order < kOrders.size(); ++order) {
    std::uint16_t check;
    const Entry& entry = tables_[order][context(order, place.last, check)];
    if (entry.count > 0 && entry.check == check) {
      choice.expected[order] = {true, entry.byte, entry.count};
    }
  }
  if (place.length > 0 && place.match < count_) {
    const auto grade = place.length < 16 ? place.length / 2 : 4 + std::bit_width(place.length) - 1;
    choice.expected[kMatch] = {true, byte_at(place.match),
                               static_cast<std::uint8_t>(std::min<std::size_t>(grade, kSurest))};
  }
  float best = -1;
  for (std::size_t source = 0; source < kSources; ++source) {
    const Expectation& expected = choice.expected[source];
    if (!expected.exists || source_chance_[source][expected.grade] <= best) continue;
    best = source_chance_[source][expected.grade];
    choice.source = source;
  }
  if (choice.source == kSources) return choice;
  std::size_t agree = 0;
  std::size_t differ = 0;
  for (const Expectation& expected : choice.expected) {
    if (!expected.exists) continue;
    ++(expected.byte == choice.expected[choice.source].byte ? agree : differ);
  }
  choice.agreement = differ == 0 ? (agree > 1 ? 3 : 2) : (agree > differ ? 1 : 0);
  return choice;
}

bool Draft::learn(const Choice& choice, std::uint8_t byte) {
  if (choice.source == kSources) return false;
  for (std::size_t source = 0; source < kSources; ++source) {
    const Expectation& expected = choice.expected[source];
    if (expected.exists) nudge(source_chance_[source][expected.grade], expected.byte == byte);
  }
  const Expectation& chosen = choice.expected[choice.source];
  nudge(chance_[choice.source][choice.agreement][chosen.grade], chosen.byte == byte);
  return chosen.byte == byte;
}

void Draft::remember(std::uint8_t byte) {
  for (std::size_t order = 0; order < kOrders.size(); ++order) {
    std::uint16_t check;
    Entry& entry = tables_[order][context(order, place_.last, check)];
    if (entry.count == 0 || entry.check != check) {
      entry = {check, byte, 1};
    } else if (entry.byte == byte) {
      entry.count = std::min<std::uint8_t>(entry.count + 1, kSurest);
    } else {
      entry.count /= 2;
      if (entry.count == 0) entry = {check, byte, 1};
    }
  }
}

// Goes on with the match, or looks for one.
void Draft::follow(std::uint8_t byte) {
  std::uint32_t& place = places_[places_line() + byte % kLinePlaces];
  if (place_.length > 0 && byte_at(place_.match) == byte) {
    ++place_.match;
    ++place_.length;
  } else {
    place_.length = 0;
  }
  bytes_[count_++ & (bytes_.size() - 1)] = byte;
  place_.last = place_.last << 8 | byte;
  if (count_ < kShortestMatch) return;
  const std::uint64_t before = place;
  // Of bytes that have been overwritten meanwhile nothing is known.
  if (place_.length == 0 && before != 0 && count_ - before < bytes_.size() / 2) {
    std::size_t length = 0;
    while (length < 32 && length < before && before + length <= count_ &&
           byte_at(before - 1 - length) == byte_at(count_ - 1 - length)) {
      ++length;
    }
    place_.match = before;
    place_.length = length < kShortestMatch ? 0 : length;
  }
  place = static_cast<std::uint32_t>(count_);
}

}  // namespace lmpack
