// How a thread passes the time while another one is about to do something.
#pragma once

#include <chrono>
#include <thread>

namespace lmpack {

// Looks that a thread takes before it does something else about it: some hundred microseconds. What
// it looks for mostly comes within a few, and to sleep and be woken takes longer.
inline constexpr int kLooks = 4000;

// Between two looks.
inline void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

// Looks until done() holds. After a while it leaves the processor to others between two looks, for
// whoever is waited for may need it.
template <typename Done>
void look_until(const Done& done) {
  for (int look = 0; !done(); ++look) {
    if (look < kLooks) {
      pause();
    } else {
      std::this_thread::yield();
    }
  }
}

// The same for who has something else to do after some milliseconds. So long it may take until the
// system has found another processor for one of two threads.
class Patience {
 public:
  // Passes the time until the next look; false when there should be none.
  bool look() {
    if (++looks_ < kLooks) {
      pause();
      return true;
    }
    if (looks_ == kLooks) end_ = Clock::now() + std::chrono::milliseconds(10);
    std::this_thread::yield();
    return Clock::now() < end_;
  }

 private:
  using Clock = std::chrono::steady_clock;

  int looks_ = 0;
  Clock::time_point end_;
};

}  // namespace lmpack
