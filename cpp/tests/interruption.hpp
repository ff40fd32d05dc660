// Callbacks that break a call off at a chosen moment.
#pragma once

#include <atomic>
#include <cstddef>

namespace lmpack::tests {

// What a callback throws to end the call that it was given to.
struct Interruption {};

// Throws at one of its calls, which may come from several threads.
class ThrowsAt {
 public:
  // call: counted from 1; 0 for never.
  explicit ThrowsAt(std::size_t call) : call_(call) {}

  void operator()() {
    if (++calls_ == call_) throw Interruption{};
  }

  std::size_t calls() const { return calls_; }

 private:
  const std::size_t call_;
  std::atomic<std::size_t> calls_ = 0;
};

}  // namespace lmpack::tests
