#include "lmpack/steps/step_predictions.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace lmpack {
namespace {

// Steps after which helpers are called again that have left, or told to leave.
constexpr std::size_t kWindow = 64;

// Weights of models for which it pays to guess, at least: a draft costs some tenths of a
// microsecond a byte.
constexpr std::size_t kFewestWeights = std::size_t{1} << 20;

using Clock = std::chrono::steady_clock;

bool pays_to_guess(const Models& models) {
  std::size_t weights = 0;
  for (const Engine* model : models) weights += model->shape().matrix_weights();
  return weights >= kFewestWeights;
}

}  // namespace

StepPredictions::StepPredictions(const Models& models, const ThreadTeam::Lease& lease,
                                 BlockLayout layout, StepPlan plan, const LanesBefore& before)
    : models_(models),
      lease_(lease),
      layout_(layout),
      plan_(std::move(plan)),
      own_(models.size()),
      helping_(lease.slots()),
      parts_(models.size() * plan_.parts) {
  for (std::size_t model = 0; model < models.size(); ++model) {
    const Engine& engine = *models[model];
    lanes_.emplace_back(layout.lanes(), before.start(engine, model));
    symbols_.emplace_back(layout.lanes(), before.last(engine));
    for (std::size_t i = 0; i < plan_.parts; ++i) {
      Part& part = parts_[model * plan_.parts + i];
      part.model = model;
      part.first_lane = layout.lanes() * i / plan_.parts;
      part.end_lane = layout.lanes() * (i + 1) / plan_.parts;
    }
  }
  for (auto& workers : helping_) workers.resize(models.size());
  if (layout.lanes() > 1 || (!plan_.guesser && !pays_to_guess(models))) return;
  speculation_.emplace(layout.length(), plan_.guesser);
  for (const Engine* model : models) {
    ahead_.emplace_back(Speculation::kMostGuesses * model->shape().vocabulary);
  }
}

void StepPredictions::run(const std::function<void()>& decode, const Sink& sink) {
  decode_ = &decode;
  sink_ = &sink;
  lease_.run(*this);
}

void StepPredictions::lead() {
  struct Stop {
    ~Stop() { stopped = true; }
    std::atomic<bool>& stopped;
  } const stop{stopped_};
  for (Part& part : parts_) {
    part.active_end = std::min(part.end_lane, layout_.active_lanes(0));
    part.work.post();
  }
  (*decode_)();
}

// A part is predicted as one, and awaited when its first lane is to be decoded.
void StepPredictions::await(std::size_t lane) {
  if (lane == 0) start_step();
  const bool timed = speculation_ && !std::exchange(awaited_, true);
  const auto begun = timed ? Clock::now() : Clock::time_point();
  for (Part& part : parts_) {
    if (part.first_lane != lane) continue;
    look_until([&] {
      if (part.work.is_done()) return true;
      helpers_ == 0 ? predict_alone() : predict_until(part);
      return part.work.is_done();
    });
  }
  if (timed) speculation_->took(Clock::now() - begun, !resting_);
  if (speculation_) speculation_->prefetch();
}

// A part is posted when the last of its lanes that go on has its symbol.
void StepPredictions::set(std::size_t lane, std::int32_t symbol) {
  if (speculation_) return set_only_lane(symbol);
  for (auto& symbols : symbols_) symbols[lane] = symbol;
  for (Part& part : parts_) {
    const std::size_t end = std::min(part.end_lane, next_active_);
    if (lane < part.first_lane || lane + 1 != end) continue;
    part.active_end = end;
    part.work.post();
  }
}

// What comes after a guess that was right is known already. Otherwise all guesses that are left
// were wrong.
void StepPredictions::set_only_lane(std::int32_t symbol) {
  const bool guessed = speculation_->add(static_cast<std::uint8_t>(symbol));
  if (next_active_ == 0) return;
  if (guessed) {
    for (std::size_t model = 0; model < models_.size(); ++model) {
      (*sink_)(model, 0, odds_ahead(model, speculation_->confirmed() - 1));
    }
    return;
  }
  const std::size_t wrong = speculation_->refuted();
  const auto guesses = speculation_->guess(most_guesses(), !resting_);
  for (std::size_t model = 0; model < models_.size(); ++model) {
    lanes_[model][0].drop(wrong);
    symbols_[model].assign(1, symbol);
    for (const Guess& guess : guesses) symbols_[model].push_back(guess.byte);
  }
  awaited_ = false;
  for (Part& part : parts_) part.work.post();
}

// None are fed that nothing comes after; a draft has to wait while windows are compared.
std::size_t StepPredictions::most_guesses() const {
  if (plan_.helpers > 0 && trial_.trying() && !plan_.guesser) return 0;
  return layout_.steps() - next_step_ - 1;
}

void StepPredictions::help(std::size_t slot) {
  const bool too_many = ++helpers_ > plan_.helpers;  // another one came first
  Patience patience;
  while (!too_many && !stopped_ && !resting_ && !lease_.crowded()) {
    if (help_once(helping_[slot])) {
      patience = {};
    } else if (!patience.look()) {
      wanted_ = false;  // until the thread that decodes calls again
      break;
    }
  }
  --helpers_;
}

void StepPredictions::start_step() {
  if (next_step_ % kWindow == 0 && plan_.helpers > 0) start_window();
  ++next_step_;
  next_active_ = next_step_ < layout_.steps() ? layout_.active_lanes(next_step_) : 0;
}

void StepPredictions::start_window() {
  const auto now = std::chrono::steady_clock::now();
  if (next_step_ > 0) resting_ = !trial_.next(now - window_);
  window_ = now;
  wanted_ = !resting_ && helpers_ < plan_.helpers;
  if (wanted_) lease_.announce();
}

// All that is posted, of each model in one pass, but for what others have left. The model that has
// run last comes first, as its weights are in the cache.
void StepPredictions::predict_alone() {
  backwards_ = !backwards_;
  for (std::size_t i = 0; i < own_.size(); ++i) {
    const std::size_t model = backwards_ ? own_.size() - 1 - i : i;
    for (Part& part : parts_) {
      if (part.model == model && part.work.begin()) begun_.push_back(&part);
    }
    const auto left =
        std::partition(begun_.begin(), begun_.end(), [](Part* part) { return !part->left; });
    std::for_each(left, begun_.end(), [&](Part* part) { predict(*part, own_[model]); });
    begun_.erase(left, begun_.end());
    for (Part* part : begun_) add(*part, own_[model]);
    run(model, own_[model]);
    for (Part* part : begun_) part->work.finish();
    begun_.clear();
  }
}

// The last part that is posted, as helpers take the first one. As soon as the lanes that are
// awaited are predicted, others may do the rest while these are decoded.
void StepPredictions::predict_until(const Part& awaited) {
  const auto posted =
      std::find_if(parts_.rbegin(), parts_.rend(), [](Part& part) { return part.work.begin(); });
  if (posted == parts_.rend()) return;
  Part& part = *posted;
  Worker& worker = own_[part.model];
  if (part.first_lane == awaited.first_lane || part.lanes() > ForwardPass::kMostRows) {
    return predict(part, worker);
  }
  ForwardPass& pass = start(part, worker);
  while (pass.advance()) {
    if (!awaited.work.is_done()) continue;
    pass.leave(part.rest);
    part.left = true;
    worker.clear();
    return part.work.post();
  }
  finish(part, worker);
}

// Where a pass has been left, or at its start.
ForwardPass& StepPredictions::start(Part& part, Worker& worker) {
  add(part, worker);
  ForwardPass& pass = pass_of(part.model, worker);
  if (std::exchange(part.left, false)) {
    pass.resume(part.rest);
  } else {
    pass.start(worker.feeds);
  }
  return pass;
}

void StepPredictions::finish(Part& part, Worker& worker) {
  worker.pass->finish(sink_of(part.model, worker));
  worker.clear();
  part.work.finish();
}

void StepPredictions::predict(Part& part, Worker& worker) {
  if (part.lanes() > ForwardPass::kMostRows) {
    add(part, worker);
    run(part.model, worker);
    return part.work.finish();
  }
  start(part, worker);
  finish(part, worker);
}

// Whether there was something to do.
bool StepPredictions::help_once(std::vector<Worker>& workers) noexcept {
  const auto posted = std::ranges::find_if(parts_, [](Part& part) { return part.work.begin(); });
  if (posted == parts_.end()) return false;
  try {
    predict(*posted, workers[posted->model]);
  } catch (...) {
    posted->work.fail();
    stopped_ = true;
  }
  return true;
}

void StepPredictions::add(const Part& part, Worker& worker) {
  for (std::size_t lane = part.first_lane; lane < part.active_end; ++lane) {
    const std::span<const std::int32_t> symbols = symbols_[part.model];
    const std::size_t fed = speculation_ ? symbols.size() : 1;
    worker.feeds.push_back({&lanes_[part.model][lane], symbols.subspan(lane, fed)});
    worker.lanes.push_back(lane);
  }
}

std::span<std::int32_t> StepPredictions::odds_ahead(std::size_t model, std::size_t guess) {
  const std::size_t vocabulary = models_[model]->shape().vocabulary;
  return std::span(ahead_[model]).subspan(guess * vocabulary, vocabulary);
}

void StepPredictions::run(std::size_t model, Worker& worker) {
  if (worker.feeds.empty()) return;
  pass_of(model, worker).run(worker.feeds, sink_of(model, worker));
  worker.clear();
}

ForwardPass& StepPredictions::pass_of(std::size_t model, Worker& worker) {
  if (!worker.pass) worker.pass = std::make_unique<ForwardPass>(*models_[model]);
  return *worker.pass;
}

ForwardPass::Sink StepPredictions::sink_of(std::size_t model, const Worker& worker) {
  return [this, model, &worker](std::size_t feed, std::size_t step, auto odds) {
    if (step == 0) return (*sink_)(model, worker.lanes[feed], odds);
    std::ranges::copy(odds, odds_ahead(model, step - 1).begin());
  };
}

StepPlan plan_steps(const Models& models, BlockLayout layout, std::size_t threads) {
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t working = std::min(threads, processors);
  const std::size_t parts = std::min((working + models.size() - 1) / models.size(), layout.lanes());
  const std::size_t all = models.size() * parts;
  return {parts, all == 1 ? 0 : std::min(working - 1, all), {}};
}

}  // namespace lmpack
