#include "lmpack/ahead/predictions_ahead.hpp"

#include <algorithm>
#include <utility>

namespace lmpack {
namespace {

// Leaves the mutex while something is done that others need not wait for.
class Unlocked {
 public:
  explicit Unlocked(std::unique_lock<std::mutex>& lock) : lock_(lock) { lock_.unlock(); }
  ~Unlocked() { lock_.lock(); }
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

 private:
  std::unique_lock<std::mutex>& lock_;
};

}  // namespace

// Stops all threads when lead() ends, and when a thread ends by an exception.
class PredictionsAhead::Stop {
 public:
  explicit Stop(PredictionsAhead& all) : all_(all) {}
  ~Stop() {
    if (!armed_) return;
    all_.stopped_ = true;
    all_.wanted_ = false;
    all_.changed_.notify_one();
  }
  Stop(const Stop&) = delete;
  Stop& operator=(const Stop&) = delete;

  void keep_going() { armed_ = false; }

 private:
  PredictionsAhead& all_;
  bool armed_ = true;
};

PredictionsAhead::PredictionsAhead(const Models& models, const ThreadTeam::Lease& lease,
                                   const AheadPlan& plan, std::span<const std::uint8_t> plain,
                                   BlockLayout layout, ChunkCoder& coder, LanesBefore before)
    : models_(models),
      lease_(lease),
      plan_(plan),
      plain_(plain),
      layout_(layout),
      coder_(coder),
      before_(std::move(before)),
      passes_(lease.slots()),
      schedule_(plan) {
  for (auto& passes : passes_) passes.resize(models.size());
}

// Codes what is ready, and predicts while there is nothing.
void PredictionsAhead::lead() {
  std::unique_lock lock(mutex_);
  const Stop stop(*this);
  while (!stopped_ && schedule_.next() < plan_.chunks()) {
    if (schedule_.ready()) {
      code_next(lock);
    } else if (std::optional<Work> work = take()) {
      {
        const Unlocked unlocked(lock);
        predict(*work, 0);
      }
      finish(std::move(*work));
    } else {
      changed_.wait(lock, [&] { return stopped_ || schedule_.ready() || schedule_.wanted(); });
    }
  }
}

void PredictionsAhead::help(std::size_t slot) {
  std::unique_lock lock(mutex_);
  if (helpers_ == plan_.helpers) return;  // another one came first
  Stop stop(*this);
  ++helpers_;
  while (!stopped_ && !lease_.crowded()) {
    std::optional<Work> work = take();
    if (!work) break;
    {
      const Unlocked unlocked(lock);
      predict(*work, slot);
    }
    finish(std::move(*work));
    changed_.notify_one();
  }
  --helpers_;
  stop.keep_going();
}

std::optional<PredictionsAhead::Work> PredictionsAhead::take() {
  const auto unit = schedule_.take();
  wanted_ = schedule_.wanted();
  if (!unit) return {};
  coder_.open(unit->chunk);
  if (resting_.size() <= unit->runner) resting_.resize(unit->runner + 1);
  return Work{*unit, std::move(resting_[unit->runner])};
}

void PredictionsAhead::finish(Work work) {
  const bool ended = schedule_.finish(work.unit);
  if (!ended) resting_[work.unit.runner] = std::move(work.lanes);
  wanted_ = schedule_.wanted();
}

void PredictionsAhead::code_next(std::unique_lock<std::mutex>& lock) {
  const std::size_t chunk = schedule_.next();
  {
    const Unlocked unlocked(lock);
    coder_.code(chunk, steps_of(chunk));
  }
  coder_.close(chunk);
  schedule_.coded();
  wanted_ = schedule_.wanted();
  if (!wanted_) return;
  const Unlocked unlocked(lock);
  lease_.announce();
}

void PredictionsAhead::predict(Work& work, std::size_t slot) {
  const AheadSchedule::Unit& unit = work.unit;
  const std::size_t model = unit.track / plan_.tracks_a_model();
  const Engine& engine = *models_[model];
  if (unit.first) {
    const std::size_t lane = unit.track % plan_.tracks_a_model() * plan_.lanes_a_track;
    const std::size_t end = std::min(lane + plan_.lanes_a_track, plan_.lanes);
    work.lanes = std::make_unique<LaneRunner>(engine, plain_, layout_, lane, end,
                                              unit.chunk * plan_.chunk, before_, model);
  }
  auto& pass = passes_[slot][model];
  if (!pass) pass = std::make_unique<ForwardPass>(engine);
  const std::size_t first = unit.chunk * plan_.chunk;
  const std::size_t count = steps_of(unit.chunk);
  work.lanes->predict(*pass, count, [&](std::size_t lane, std::size_t step, auto odds) {
    const std::size_t index = layout_.index(lane, step);
    if (index >= layout_.length()) return;
    coder_.predicted(slot, model, unit.chunk, Cell{lane, index, lane * count + step - first}, odds);
  });
}

std::size_t PredictionsAhead::steps_of(std::size_t chunk) const {
  return std::min(plan_.chunk, plan_.steps - chunk * plan_.chunk);
}

}  // namespace lmpack
