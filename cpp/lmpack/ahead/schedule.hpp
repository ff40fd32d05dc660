// Which steps of which lanes a thread predicts next, when several predict a block that is known.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "lmpack/ahead/plan.hpp"

namespace lmpack {

// A *runner* predicts the chunks of a piece of a track one after another, and goes on with the next
// piece if nobody has started it. A thread takes the earliest chunk of a runner that nobody
// uses, so that few chunks wait; only where there is none it starts a piece, which costs the steps
// of a warm-up. Not safe for two threads at once.
class AheadSchedule {
 public:
  struct Unit {
    std::size_t runner;
    std::size_t track;
    std::size_t chunk;
    bool first;  // of its runner
  };

  explicit AheadSchedule(const AheadPlan& plan);

  // What a thread does next, and calls finish() after; nothing if all that may be done is at work.
  std::optional<Unit> take();

  // Whether take() would give something.
  bool wanted() const;

  // The chunk of the unit is predicted. Returns whether its runner has ended.
  bool finish(const Unit& unit);

  // Whether the next chunk to be coded is predicted for all tracks.
  bool ready() const;

  // The next chunk has been coded; ready() must hold.
  void coded();

  // The next chunk to be coded, chunks of the plan at the end.
  std::size_t next() const { return next_; }

 private:
  struct Runner {
    std::size_t track;
    std::size_t chunk;  // the next one
    std::size_t piece;  // the last one that is its own
    bool at_work;
    bool started;
    bool ended;
  };

  bool is_free(const Runner& runner) const;
  const Runner* earliest_runner() const;
  std::size_t earliest_track() const;
  void start(std::size_t track);

  const AheadPlan plan_;
  std::vector<Runner> runners_;       // those that have ended are used again
  std::vector<std::size_t> started_;  // pieces by track
  std::vector<std::size_t> left_;     // tracks of a chunk, by chunk % window
  std::size_t next_ = 0;
};

}  // namespace lmpack
