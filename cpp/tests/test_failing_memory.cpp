// Memory may run out at any moment. The call then ends with an exception, and engine and team code
// as before.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <new>
#include <vector>

#include "block_codings.hpp"
#include "failing_memory.hpp"
#include "lmpack/engine/lockstep_lanes.hpp"
#include "lmpack/error.hpp"
#include "lmpack/filters/filter.hpp"
#include "random_engine.hpp"

namespace {

using namespace lmpack;
using tests::Bytes;
using tests::fail_every_request;
using tests::FailsAllocation;

const ModelShape kShape{256, 32, 1, 32, 32, {8}, true, {{2, 50, 0, 32}}};
const BlockLayout kLayout(3 * 100 - 7, 100);

const Engine& engine() {
  static const Engine result = tests::random_engine(kShape, *available_kernels().front());
  return result;
}

}  // namespace

TEST_CASE("memory may run out in a block of any kind") {
  const Bytes plain = tests::some_bytes(kLayout.length());
  for (const auto& coding : tests::block_codings(engine(), kLayout)) {
    CAPTURE(coding.name);
    for (const int threads : {1, 2}) {
      ThreadTeam team(threads);
      const Bytes payload = coding.encode(team, plain, no_progress);
      fail_every_request(payload, [&] { return coding.encode(team, plain, no_progress); });
      fail_every_request(plain, [&] { return coding.decode(team, payload, no_progress); });
      CHECK(coding.encode(team, plain, no_progress) == payload);
      CHECK(coding.decode(team, payload, no_progress) == plain);
    }
  }
}

TEST_CASE("memory may run out in a team") {
  for (int round = 0; round < 20; ++round) {
    ThreadTeam team(3);
    const auto done_by_team = [&] {
      std::atomic<int> done = 0;
      const ThreadTeam::Lease lease(team);
      lease.run(10, [&](std::size_t, std::size_t) { ++done; });
      return done.load();
    };
    fail_every_request(10, done_by_team);
    CHECK(done_by_team() == 10);
  }
}

TEST_CASE("a team without memory for helpers works alone") {
  // The first request is that of the job itself.
  for (std::size_t number = 2; number <= 4; ++number) {
    ThreadTeam team(2);
    const ThreadTeam::Lease lease(team);
    std::atomic<int> done = 0;
    {
      const FailsAllocation failing(number);
      lease.run(10, [&](std::size_t, std::size_t) { ++done; });
    }
    CHECK(done == 10);
  }
}

TEST_CASE("lanes that memory ran out for refuse further symbols") {
  const std::vector<std::int32_t> symbols(2 * 70, 5);
  const auto ignore = [](auto, auto, auto, auto) {};
  ThreadTeam team(1);
  const ThreadTeam::Lease lease(team);
  // A pass is made when symbols are fed: this request is one of its memory.
  constexpr std::size_t kWhileFeeding = 4;
  LockstepLanes lanes(engine(), 2);
  {
    const FailsAllocation failing(kWhileFeeding);
    CHECK_THROWS_AS(lanes.feed(symbols, 70, lease, ignore), std::bad_alloc);
  }
  CHECK_THROWS_AS(lanes.feed(symbols, 70, lease, ignore), InvalidArgument);
}

TEST_CASE("memory may run out in a filter") {
  const Bytes bytes = tests::some_bytes(301);
  const std::vector<std::pair<std::uint32_t, Bytes>> filters = {{kSamplesFilter, {2, 2, 2, 0, 0}},
                                                                {kSamplesFilter, {1, 0, 3, 99, 0}},
                                                                {kDeltaFilter, {4, 8}}};
  for (const auto& [id, parameters] : filters) {
    fail_every_request(bytes, [&, filter = id, &kept = parameters] {
      const Bytes filtered = filter_bytes(bytes, filter, kept, no_progress);
      return unfilter_bytes(filtered, filter, kept, no_progress);
    });
  }
}
