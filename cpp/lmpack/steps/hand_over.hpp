// How a thread hands work of some microseconds to another one, again and again.
#pragma once

#include <atomic>
#include <exception>
#include <new>

#include "lmpack/spin.hpp"

namespace lmpack {

// One work, which an owner offers and at most one helper does. The owner never depends on a helper
// that is not there: it offers only while one waits, and takes back what that one has not begun.
// What the owner has written before an offer the helper sees, and the other way round at the end.
class alignas(64) HandOver {
 public:
  // The owner's side. Offers the work, if a helper waits for it.
  bool offer() { return change(kWaiting, kOffered); }

  // Whether what was offered is the owner's own again, as nobody has begun it.
  bool take_back() { return change(kOffered, kWaiting); }

  // Waits until what was offered is done; throws what the helper threw.
  void await() {
    look_until([&] { return state_.load(std::memory_order_acquire) != kBegun; });
    if (state_.load(std::memory_order_relaxed) == kFailed) std::rethrow_exception(failure_);
  }

  // Whether a helper could take the place.
  bool vacant() const { return state_.load() == kVacant; }

  // The helper's side: does work() whenever it is offered, until stop() says so or nothing has been
  // offered for a while. Nothing happens if another helper has the place, or one has failed.
  template <typename Work, typename Stop>
  void serve(const Work& work, const Stop& stop) {
    if (!change(kVacant, kWaiting)) return;
    for (int look = 0;; ++look) {
      if (change(kOffered, kBegun)) {
        try {
          work();
        } catch (...) {
          failure_ = std::current_exception();
          state_.store(kFailed, std::memory_order_release);
          return;
        }
        state_.store(kWaiting, std::memory_order_release);
        look = 0;
      } else if (look >= kLooks || stop()) {
        if (change(kWaiting, kVacant)) return;
      }
      pause();
    }
  }

 private:
  enum State { kVacant, kWaiting, kOffered, kBegun, kFailed };

  bool change(State from, State to) {
    if (state_.load(std::memory_order_relaxed) != from) return false;
    return state_.compare_exchange_strong(from, to);
  }

  std::atomic<State> state_ = kVacant;
  std::exception_ptr failure_;
};

}  // namespace lmpack
