// Whether helpers make a block go faster, found out while it is decoded.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <utility>

namespace lmpack {

// Lanes apart read each weight for one of them, lanes together once for all; and other programs may
// need the processors. So windows of the same number of steps are timed with and without helpers,
// and what is faster is kept for a while. Helpers that keep losing are tried less and less often;
// those that have won leave as soon as they do not pay any more.
class HelpTrial {
 public:
  using Time = std::chrono::steady_clock::duration;

  // Whether windows are being compared, so that nothing else should make them faster or slower.
  bool trying() const { return phase_ != Phase::kKept; }

  // A window took as long as that. Returns whether helpers should take part in the next one.
  bool next(Time taken) {
    spent_ += taken;
    switch (phase_) {
      case Phase::kSettling:
        if (spent_ >= kSettled) enter(Phase::kWith);
        return true;
      case Phase::kWith:
        if (!complete(taken)) return true;
        with_ = median();
        enter(Phase::kWithout);
        return false;
      case Phase::kWithout:
        if (!complete(taken)) return false;
        without_ = median();
        keep(with_ < without_ - without_ / 20);
        return helped_;
      case Phase::kKept:
        break;
    }
    if (helped_ && !pays(taken)) keep(false);
    if (spent_ < kept_for_) return helped_;
    if (helped_) rest_ = kShortestRest;
    enter(Phase::kSettling);
    return true;
  }

 private:
  enum class Phase { kSettling, kWith, kWithout, kKept };

  // Time in which the system finds a processor for each thread.
  static constexpr Time kSettled = std::chrono::milliseconds(10);
  // Windows with helpers, and as many without, whose medians count.
  static constexpr std::size_t kTried = 7;
  static constexpr Time kHelpedFor = std::chrono::seconds(4);
  // Without helpers: twice as long each time that they lose.
  static constexpr Time kShortestRest = std::chrono::seconds(1);
  static constexpr Time kLongestRest = std::chrono::seconds(32);
  // Windows with helpers that must not take longer, all in all, than those without did. A helper
  // whose processor others take for some milliseconds shows in the sum, not in the median.
  static constexpr std::size_t kWatched = 32;

  void enter(Phase phase) {
    phase_ = phase;
    spent_ = watched_ = Time::zero();
    count_ = 0;
  }

  void keep(bool helped) {
    enter(Phase::kKept);
    helped_ = helped;
    kept_for_ = helped ? kHelpedFor : rest_;
    if (!helped) rest_ = std::min(2 * rest_, kLongestRest);
  }

  // Whether this was the last window of those that are compared.
  bool complete(Time taken) {
    times_[count_++] = taken;
    return count_ == kTried;
  }

  Time median() {
    const auto middle = times_.begin() + kTried / 2;
    std::nth_element(times_.begin(), middle, times_.end());
    return *middle;
  }

  bool pays(Time taken) {
    watched_ += taken;
    if (++count_ < kWatched) return true;
    const Time all = std::exchange(watched_, Time::zero());
    count_ = 0;
    return all <= without_ * static_cast<Time::rep>(kWatched);
  }

  Phase phase_ = Phase::kSettling;
  Time spent_ = Time::zero();    // in this phase
  Time watched_ = Time::zero();  // by windows that are watched
  std::size_t count_ = 0;        // of windows that are compared or watched
  std::array<Time, kTried> times_{};
  Time with_ = Time::zero();  // medians
  Time without_ = Time::zero();
  bool helped_ = false;  // what is kept
  Time kept_for_ = Time::zero();
  Time rest_ = kShortestRest;  // the next one
};

}  // namespace lmpack
