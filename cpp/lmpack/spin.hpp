// How a thread passes the time while another one is about to do something.
#pragma once

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

}  // namespace lmpack
