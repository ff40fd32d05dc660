#include "lmpack/ahead/schedule.hpp"

#include <algorithm>

namespace lmpack {

AheadSchedule::AheadSchedule(const AheadPlan& plan)
    : plan_(plan), started_(plan.tracks()), left_(plan.window, plan.tracks()) {
  for (std::size_t track = 0; track < plan.tracks(); ++track) start(track);
}

std::optional<AheadSchedule::Unit> AheadSchedule::take() {
  const Runner* earliest = earliest_runner();
  if (earliest == nullptr) {
    const std::size_t track = earliest_track();
    if (track == plan_.tracks()) return {};
    start(track);
    earliest = earliest_runner();
  }
  const auto number = static_cast<std::size_t>(earliest - runners_.data());
  Runner& runner = runners_[number];
  runner.at_work = true;
  const bool first = !runner.started;
  runner.started = true;
  return Unit{number, runner.track, runner.chunk, first};
}

bool AheadSchedule::wanted() const {
  return earliest_runner() != nullptr || earliest_track() != plan_.tracks();
}

bool AheadSchedule::finish(const Unit& unit) {
  --left_[unit.chunk % plan_.window];
  Runner& runner = runners_[unit.runner];
  runner.at_work = false;
  if (++runner.chunk < plan_.piece_begin(runner.piece + 1)) return false;
  std::size_t& started = started_[runner.track];
  runner.ended = runner.piece + 1 < started || started == plan_.pieces;
  if (!runner.ended) runner.piece = started++;
  return runner.ended;
}

bool AheadSchedule::ready() const {
  return next_ < plan_.chunks() && left_[next_ % plan_.window] == 0;
}

void AheadSchedule::coded() {
  left_[next_ % plan_.window] = plan_.tracks();
  ++next_;
}

bool AheadSchedule::is_free(const Runner& runner) const {
  return !runner.ended && !runner.at_work && runner.chunk < next_ + plan_.window;
}

// Of those that are free, the first one of the earliest chunk.
const AheadSchedule::Runner* AheadSchedule::earliest_runner() const {
  const Runner* earliest = nullptr;
  for (const Runner& runner : runners_) {
    if (!is_free(runner)) continue;
    if (earliest == nullptr || runner.chunk < earliest->chunk) earliest = &runner;
  }
  return earliest;
}

// The track with the earliest piece that may be started, otherwise the number of tracks.
std::size_t AheadSchedule::earliest_track() const {
  const auto least = std::ranges::min_element(started_);
  const bool possible = *least < plan_.pieces && plan_.piece_begin(*least) < next_ + plan_.window;
  return possible ? static_cast<std::size_t>(least - started_.begin()) : plan_.tracks();
}

void AheadSchedule::start(std::size_t track) {
  const std::size_t piece = started_[track]++;
  const Runner runner{track, plan_.piece_begin(piece), piece, false, false, false};
  const auto ended = std::ranges::find_if(runners_, &Runner::ended);
  if (ended == runners_.end()) {
    runners_.push_back(runner);
  } else {
    *ended = runner;
  }
}

}  // namespace lmpack
