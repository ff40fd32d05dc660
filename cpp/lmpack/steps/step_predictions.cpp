#include "lmpack/steps/step_predictions.hpp"

#include <algorithm>
#include <thread>

namespace lmpack {
namespace {

// Steps after which helpers are called again that have left.
constexpr std::size_t kCall = 64;

}  // namespace

StepPredictions::StepPredictions(const Models& models, const ThreadTeam::Lease& lease,
                                 BlockLayout layout, std::size_t parts)
    : models_(models),
      lease_(lease),
      layout_(layout),
      symbols_(models.size(), std::vector<std::int32_t>(layout.lanes())),
      own_(models.size()),
      parts_(models.size() * parts) {
  for (std::size_t model = 0; model < models.size(); ++model) {
    lanes_.emplace_back(layout.lanes(), Lane(models[model]->shape()));
    for (std::size_t i = 0; i < parts; ++i) {
      Part& part = parts_[model * parts + i];
      part.model = model;
      part.first_lane = layout.lanes() * i / parts;
      part.end_lane = layout.lanes() * (i + 1) / parts;
    }
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
  (*decode_)();
}

// Parts whose helper waits for them are handed over; then all others are done here, of each model
// in one pass, and those that their helper has not even begun.
void StepPredictions::predict(std::span<const std::int32_t> before, std::size_t step) {
  for (std::size_t model = 0; model < models_.size(); ++model) {
    std::ranges::copy(before, symbols_[model].begin());
    if (step == 0) std::ranges::fill(symbols_[model], models_[model]->shape().start_symbol());
  }
  active_lanes_ = layout_.active_lanes(step);
  if (step % kCall == 0) call_helpers();
  for (Part& part : parts_) {
    part.handed_over = &part != parts_.data() && part.hand_over.offer();
    if (!part.handed_over) add(part, own_[part.model]);
  }
  // The model that has run last comes first: its weights are in the cache.
  backwards_ = !backwards_;
  for (std::size_t i = 0; i < own_.size(); ++i) {
    const std::size_t model = backwards_ ? own_.size() - 1 - i : i;
    run(model, own_[model]);
  }
  for (Part& part : parts_) {
    if (!part.handed_over || !part.hand_over.take_back()) continue;
    part.handed_over = false;
    add(part, own_[part.model]);
    run(part.model, own_[part.model]);
  }
  for (Part& part : parts_) {
    if (part.handed_over) part.hand_over.await();
  }
}

void StepPredictions::help(std::size_t) {
  Part* place = nullptr;
  bool more = false;
  for (Part& part : std::span(parts_).subspan(1)) {
    if (!part.hand_over.vacant()) continue;
    more = place != nullptr;
    if (place == nullptr) place = &part;
  }
  wanted_ = more;
  if (place == nullptr) return;
  place->hand_over.serve(
      [&] {
        add(*place, place->helper);
        run(place->model, place->helper);
      },
      [&] { return stopped_ || lease_.crowded(); });
  // Whoever leaves because there is nothing to do comes back when it is called.
  wanted_ = false;
}

void StepPredictions::call_helpers() {
  const auto vacant = [](const Part& part) { return part.hand_over.vacant(); };
  wanted_ = std::ranges::any_of(std::span(parts_).subspan(1), vacant);
  if (wanted_) lease_.announce();
}

void StepPredictions::add(const Part& part, Worker& worker) {
  for (std::size_t lane = part.first_lane; lane < part.end_lane; ++lane) {
    worker.feeds.push_back(
        {&lanes_[part.model][lane], std::span(symbols_[part.model]).subspan(lane, 1)});
    worker.lanes.push_back(lane);
  }
}

void StepPredictions::run(std::size_t model, Worker& worker) {
  if (worker.feeds.empty()) return;
  if (!worker.pass) worker.pass = std::make_unique<ForwardPass>(*models_[model]);
  worker.pass->run(worker.feeds, [&](std::size_t feed, std::size_t, auto odds) {
    const std::size_t lane = worker.lanes[feed];
    if (lane < active_lanes_) (*sink_)(model, lane, odds);
  });
  worker.feeds.clear();
  worker.lanes.clear();
}

std::size_t step_parts(const Models& models, BlockLayout layout, std::size_t threads) {
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t working = std::min(threads, processors);
  return std::min((working + models.size() - 1) / models.size(), layout.lanes());
}

}  // namespace lmpack
