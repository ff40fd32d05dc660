// What models say of the next symbol of every lane of a block that is being decoded, step by step,
// each lane on a thread of its own where there are enough.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "lmpack/coder/block_layout.hpp"
#include "lmpack/engine/engine.hpp"
#include "lmpack/engine/lane.hpp"
#include "lmpack/models.hpp"
#include "lmpack/steps/hand_over.hpp"
#include "lmpack/thread_team.hpp"

namespace lmpack {

class StepPredictions final : private ThreadTeam::JointWork {
 public:
  // Takes the odds [vocabulary] that a model, which has a number, gives for the next symbol of a
  // lane that has not ended. Called by several threads at the same time for different lanes
  // and models.
  using Sink =
      std::function<void(std::size_t model, std::size_t lane, std::span<const std::int32_t> odds)>;

  // Models and lease must outlive it. parts: into how many parts the lanes of a model are cut, each
  // for a thread, 1 to the number of lanes.
  StepPredictions(const Models& models, const ThreadTeam::Lease& lease, BlockLayout layout,
                  std::size_t parts);

  // Calls decode(), which calls predict() for each step, with helpers; sink: where the predictions
  // go. What sink and decode throw ends it.
  void run(const std::function<void()>& decode, const Sink& sink);

  // Predicts the symbols of the next step; before: [lanes], those of the step before, whatever
  // they are at step 0.
  void predict(std::span<const std::int32_t> before, std::size_t step);

 private:
  // What a thread predicts with.
  struct Worker {
    std::unique_ptr<ForwardPass> pass;  // made when first needed
    std::vector<LaneFeed> feeds;
    std::vector<std::size_t> lanes;  // of the feeds
  };

  // Consecutive lanes of a model.
  struct Part {
    std::size_t model;
    std::size_t first_lane;
    std::size_t end_lane;
    bool handed_over = false;  // at this step
    Worker helper;
    HandOver hand_over;
  };

  void lead() override;
  bool wanted() const noexcept override { return wanted_; }
  void help(std::size_t slot) override;

  void call_helpers();
  void add(const Part& part, Worker& worker);
  void run(std::size_t model, Worker& worker);

  const Models& models_;
  const ThreadTeam::Lease& lease_;
  const BlockLayout layout_;
  std::vector<std::vector<Lane>> lanes_;            // by model
  std::vector<std::vector<std::int32_t>> symbols_;  // that are fed, by model and lane
  std::vector<Worker> own_;                         // of the thread that decodes, by model
  std::vector<Part> parts_;                         // by model; the first one is never handed over
  std::size_t active_lanes_ = 0;                    // at this step
  bool backwards_ = false;                          // the order of the models at this step
  const std::function<void()>* decode_ = nullptr;
  const Sink* sink_ = nullptr;
  std::atomic<bool> wanted_ = true;  // a part may have no helper
  std::atomic<bool> stopped_ = false;
};

// Into how many parts the lanes of each model are cut for some threads. No more count than the
// machine has processors: threads that wait for one another all the time must run at the same time.
std::size_t step_parts(const Models& models, BlockLayout layout, std::size_t threads);

}  // namespace lmpack
