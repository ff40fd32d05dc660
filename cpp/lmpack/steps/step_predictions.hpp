// What models say of the next symbol of every lane of a block that is being decoded, by all threads
// of a team.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "lmpack/coder/block_layout.hpp"
#include "lmpack/engine/engine.hpp"
#include "lmpack/engine/lane.hpp"
#include "lmpack/engine/lanes_before.hpp"
#include "lmpack/models.hpp"
#include "lmpack/steps/handed_work.hpp"
#include "lmpack/steps/help_trial.hpp"
#include "lmpack/steps/speculation.hpp"
#include "lmpack/thread_team.hpp"

namespace lmpack {

// How the lanes are shared among threads.
struct StepPlan {
  std::size_t parts;    // of the lanes of each model, 1 to the number of lanes
  std::size_t helpers;  // that take part, at most
  Guesser guesser{};    // who guesses, always, in place of a draft
};

// No more threads count than the machine has processors: those that wait for one another all the
// time must run at the same time.
StepPlan plan_steps(const Models& models, BlockLayout layout, std::size_t threads);

// A symbol of a lane that is decoded is known to the models at once: while other lanes of the same
// step are decoded, helpers predict the next one of this lane. Where there is one lane, symbols are
// guessed and fed ahead, and dropped again if others come.
class StepPredictions final : private ThreadTeam::JointWork {
 public:
  // Takes the odds [vocabulary] that a model, which has a number, gives for the next symbol of a
  // lane. Called by several threads at the same time for different lanes and models.
  using Sink =
      std::function<void(std::size_t model, std::size_t lane, std::span<const std::int32_t> odds)>;

  // Models and lease must outlive it. before: what lanes go on from.
  StepPredictions(const Models& models, const ThreadTeam::Lease& lease, BlockLayout layout,
                  StepPlan plan, const LanesBefore& before = {});

  // Calls decode() while helpers predict; sink: where predictions go. What one of them throws ends
  // it.
  void run(const std::function<void()>& decode, const Sink& sink);

  // For decode(), which goes through the steps and at each through the lanes that have not ended:
  // waits for the predictions of a lane, and says which symbol it is, which must be a byte.
  void await(std::size_t lane);
  void set(std::size_t lane, std::int32_t symbol);

 private:
  // What a thread predicts with.
  struct Worker {
    std::unique_ptr<ForwardPass> pass;  // made when first needed
    std::vector<LaneFeed> feeds;
    std::vector<std::size_t> lanes;  // of the feeds

    void clear() {
      feeds.clear();
      lanes.clear();
    }
  };

  // Consecutive lanes of a model.
  struct Part {
    std::size_t model;
    std::size_t first_lane;
    std::size_t end_lane;
    std::size_t active_end;  // those from there on have ended
    HandedWork work;
    bool left = false;  // what is posted is the rest of a pass
    ForwardPass::Rest rest;

    std::size_t lanes() const { return end_lane - first_lane; }
  };

  void lead() override;
  bool wanted() const noexcept override { return wanted_ && helpers_ < plan_.helpers && !stopped_; }
  void help(std::size_t slot) override;

  void set_only_lane(std::int32_t symbol);
  std::size_t most_guesses() const;
  void start_step();
  void start_window();
  void predict_alone();
  void predict_until(const Part& awaited);
  bool help_once(std::vector<Worker>& workers) noexcept;
  void add(const Part& part, Worker& worker);
  std::span<std::int32_t> odds_ahead(std::size_t model, std::size_t guess);
  ForwardPass& start(Part& part, Worker& worker);
  void finish(Part& part, Worker& worker);
  void predict(Part& part, Worker& worker);
  void run(std::size_t model, Worker& worker);
  ForwardPass& pass_of(std::size_t model, Worker& worker);
  ForwardPass::Sink sink_of(std::size_t model, const Worker& worker);

  const Models& models_;
  const ThreadTeam::Lease& lease_;
  const BlockLayout layout_;
  const StepPlan plan_;
  std::vector<std::vector<Lane>> lanes_;            // by model
  std::vector<std::vector<std::int32_t>> symbols_;  // that are fed, by model and lane, and guesses
  std::vector<Worker> own_;                         // of the thread that decodes, by model
  std::vector<std::vector<Worker>> helping_;        // by slot and model
  std::vector<Part> parts_;                         // by model and lane
  std::vector<Part*> begun_;                        // that one thread predicts together
  std::optional<Speculation> speculation_;          // where it may pay: with one lane
  std::vector<std::vector<std::int32_t>> ahead_;    // by model: odds after each guess
  bool awaited_ = false;                            // the pass that has been posted last
  std::size_t next_step_ = 0;                       // after the one that is being decoded
  std::size_t next_active_ = 0;                     // lanes that have a symbol then
  bool backwards_ = false;                          // the order of the models
  const std::function<void()>* decode_ = nullptr;
  const Sink* sink_ = nullptr;
  HelpTrial trial_;
  std::chrono::steady_clock::time_point window_;  // when it began
  std::atomic<std::size_t> helpers_ = 0;
  std::atomic<bool> resting_ = false;  // helpers would make it slower
  std::atomic<bool> wanted_ = true;    // helpers that have left may come again
  std::atomic<bool> stopped_ = false;  // no helper begins anything any more
};

}  // namespace lmpack
