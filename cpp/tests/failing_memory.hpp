// Memory that runs out at a chosen moment.
#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <new>

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

// Requests for memory of a call that are made to fail in turn: all of a short call, the first ones
// of a long call, where it sets itself up.
inline constexpr std::size_t kMostRequests = 150;

// Lets each request for memory of a call fail. A call that gets by without, with a thread less for
// example, has to give what it always gives.
template <typename Result, typename Call>
void fail_every_request(const Result& expected, const Call& call) {
  bool failed = true;
  for (std::size_t number = 1; failed && number <= kMostRequests; ++number) {
    Result result = expected;
    {
      const FailsAllocation failing(number);
      try {
        result = call();
      } catch (const std::bad_alloc&) {
      }
      failed = failing.failed();
    }
    CHECK(result == expected);
  }
}

}  // namespace lmpack::tests
