// Memory that runs out at a chosen moment.
#pragma once

#include <cstddef>

namespace lmpack::tests {

// While this lives, one request for memory by `new` fails, whichever thread makes it.
class FailsAllocation {
 public:
  // number: of the request, counted from 1.
  explicit FailsAllocation(std::size_t number);
  ~FailsAllocation();
  FailsAllocation(const FailsAllocation&) = delete;
  FailsAllocation& operator=(const FailsAllocation&) = delete;

  // Whether there have been that many requests.
  bool failed() const;
};

}  // namespace lmpack::tests
