// Objects that several Python threads may use at the same time.
#pragma once

#include <pybind11/pybind11.h>

#include <mutex>
#include <utility>

namespace lmpack::bindings {

// Calls come one after another. The lock is only taken without the GIL, as a thread that waits for
// it must let the others run.
template <typename Object>
class Shared {
 public:
  template <typename... Arguments>
  explicit Shared(Arguments&&... arguments) : object_(std::forward<Arguments>(arguments)...) {}

  // For what never changes, such as the layout of a coder: needs no lock.
  const Object& constant() const { return object_; }

  // What use(object) gives, which is called without the GIL and must not touch Python.
  template <typename Use>
  auto use(const Use& use) {
    const pybind11::gil_scoped_release unlocked;
    return use_without_gil(use);
  }

  // The same on a thread that has no GIL.
  template <typename Use>
  auto use_without_gil(const Use& use) {
    const std::lock_guard lock(mutex_);
    return use(object_);
  }

 private:
  Object object_;
  std::mutex mutex_;
};

}  // namespace lmpack::bindings
