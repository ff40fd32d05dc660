// Whether helpers make a block go faster, found out while it is decoded.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace lmpack {

// A lane alone uses each weight that is read once, two lanes together twice: so it depends on model
// and machine, and on what else that one does, whether a lane for each thread is faster. Windows of
// the same number of steps are timed with and without helpers by turns; what is faster is kept for
// a while.
class HelpTrial {
 public:
  using Time = std::chrono::steady_clock::duration;

  // Whether windows are being compared, so that nothing else should make them faster or slower.
  bool trying() const { return windows_ < 2 * kTried; }

  // A window took as long as that. Returns whether helpers should take part in the next one.
  bool next(Time taken) {
    if (windows_ < kTried) {
      tried_ += taken;
      with_ = std::min(with_, taken);
      // The last one of them waits until it has been long enough.
      windows_ = tried_ < kLongEnough ? std::min(windows_ + 1, kTried - 1) : windows_ + 1;
      return windows_ < kTried;
    }
    if (windows_ < 2 * kTried) {
      ++windows_;
      without_ = std::min(without_, taken);
    } else {
      kept_ += taken;
    }
    if (kept_ >= kKept) *this = {};
    if (windows_ < 2 * kTried) return windows_ == 0;
    return with_ < without_ - without_ / 20;
  }

 private:
  // Windows with helpers, and as many without; then those of what was faster. The shortest of a few
  // counts, as other programs get in the way. With helpers they last so long at least that the
  // system has found a processor for each.
  static constexpr std::size_t kTried = 4;
  static constexpr Time kLongEnough = std::chrono::milliseconds(200);
  static constexpr Time kKept = std::chrono::seconds(4);

  std::size_t windows_ = 0;
  Time tried_ = Time::zero();  // with helpers
  Time kept_ = Time::zero();
  Time with_ = Time::max();
  Time without_ = Time::max();
};

}  // namespace lmpack
