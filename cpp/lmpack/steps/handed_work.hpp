// Work of some microseconds that one thread posts again and again, and whoever is free does.
#pragma once

#include <atomic>
#include <exception>

#include "lmpack/spin.hpp"

namespace lmpack {

// Whether such work is to be done, is being done, or is done. What a thread has written before it
// posts work, who does it sees; and what that one has written, who finds it done.
class alignas(64) HandedWork {
 public:
  // The work, which is done, is to be done again.
  void post() { state_.store(kPosted, std::memory_order_release); }

  // Whether the work was posted, and is now for the caller to do, who calls finish() or fail()
  // then.
  bool begin() {
    State expected = kPosted;
    return state_.load(std::memory_order_relaxed) == kPosted &&
           state_.compare_exchange_strong(expected, kBegun, std::memory_order_acquire);
  }

  void finish() { state_.store(kDone, std::memory_order_release); }

  // It never will be done, as the exception says that is being handled.
  void fail() noexcept {
    failure_ = std::current_exception();
    state_.store(kFailed, std::memory_order_release);
  }

  // Whether it is done; throws what the work has thrown.
  bool is_done() const {
    const State state = state_.load(std::memory_order_acquire);
    if (state == kFailed) std::rethrow_exception(failure_);
    return state == kDone;
  }

 private:
  enum State { kDone, kPosted, kBegun, kFailed };

  std::atomic<State> state_ = kDone;
  std::exception_ptr failure_;
};

}  // namespace lmpack
