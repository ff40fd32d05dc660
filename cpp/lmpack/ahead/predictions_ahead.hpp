// What models say of the symbols of a block that is known, predicted by all threads of a team ahead
// of the one thread that codes.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "lmpack/ahead/lane_runner.hpp"
#include "lmpack/ahead/plan.hpp"
#include "lmpack/ahead/schedule.hpp"
#include "lmpack/coder/block_cursor.hpp"
#include "lmpack/coder/block_layout.hpp"
#include "lmpack/models.hpp"
#include "lmpack/thread_team.hpp"

namespace lmpack {

// Takes the predictions of a block chunk by chunk. Of open() and close() only one is called at a
// time, from whatever thread.
class ChunkCoder {
 public:
  virtual ~ChunkCoder() = default;

  // Symbols of a chunk are about to be predicted; called again for those of other tracks.
  virtual void open(std::size_t chunk) = 0;

  // The odds [vocabulary] that a model, which has a number, gives for a symbol of an open chunk.
  // Called by several threads at the same time, each with another slot of the team. The entry of
  // the cell is that in an array [lanes][steps of the chunk].
  virtual void predicted(std::size_t slot, std::size_t model, std::size_t chunk, const Cell& cell,
                         std::span<const std::int32_t> odds) = 0;

  // A chunk of `steps` steps is predicted: called for one after another by the thread that calls
  // PredictionsAhead::run().
  virtual void code(std::size_t chunk, std::size_t steps) = 0;

  // That chunk is coded, and the memory for it free.
  virtual void close(std::size_t chunk) = 0;
};

class PredictionsAhead final : private ThreadTeam::JointWork {
 public:
  // All of it must outlive this object. before: what lanes go on from.
  PredictionsAhead(const Models& models, const ThreadTeam::Lease& lease, const AheadPlan& plan,
                   std::span<const std::uint8_t> plain, BlockLayout layout, ChunkCoder& coder,
                   LanesBefore before = {});

  // Predicts and codes the whole block, once. Whoever throws, coder or engine, ends it.
  void run() { lease_.run(*this); }

 private:
  // A unit of the schedule, with the lanes of its runner, which the thread that begins it makes.
  struct Work {
    AheadSchedule::Unit unit;
    std::unique_ptr<LaneRunner> lanes;
  };

  class Stop;

  void lead() override;
  bool wanted() const noexcept override { return wanted_ && helpers_ < plan_.helpers; }
  void help(std::size_t slot) override;

  // Under the mutex.
  std::optional<Work> take();
  void finish(Work work);
  void code_next(std::unique_lock<std::mutex>& lock);

  // Without it.
  void predict(Work& work, std::size_t slot);
  std::size_t steps_of(std::size_t chunk) const;

  const Models& models_;
  const ThreadTeam::Lease& lease_;
  const AheadPlan plan_;
  const std::span<const std::uint8_t> plain_;
  const BlockLayout layout_;
  ChunkCoder& coder_;
  const LanesBefore before_;
  std::vector<std::vector<std::unique_ptr<ForwardPass>>> passes_;  // by slot and model

  std::mutex mutex_;
  std::condition_variable changed_;                   // for the thread that codes
  AheadSchedule schedule_;                            // under the mutex, as what follows
  std::vector<std::unique_ptr<LaneRunner>> resting_;  // by runner
  bool stopped_ = false;                              // no unit starts any more
  std::atomic<bool> wanted_ = true;                   // read without the mutex as a hint
  std::atomic<std::size_t> helpers_ = 0;              // likewise
};

}  // namespace lmpack
