#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include "lmpack/error.hpp"
#include "lmpack/thread_team.hpp"

namespace {

using namespace lmpack;

// Work of a caller that a test describes.
class Described final : public ThreadTeam::JointWork {
 public:
  void lead() override { led(); }
  bool wanted() const noexcept override { return wants; }
  void help(std::size_t slot) override { helped(slot); }

  std::function<void()> led = [] {};
  std::function<void(std::size_t slot)> helped = [](std::size_t) {};
  std::atomic<bool> wants = true;
};

void wait_for(const std::atomic<bool>& happened) {
  while (!happened) std::this_thread::yield();
}

}  // namespace

TEST_CASE("every piece is done once, in slots below the number of threads") {
  for (const std::size_t threads : {1U, 2U, 3U, 8U}) {
    ThreadTeam team(static_cast<std::int64_t>(threads));
    const ThreadTeam::Lease lease(team);
    CHECK(lease.available() == threads);
    for (const std::size_t count : {0U, 1U, 2U, 7U, 100U}) {
      std::vector<std::atomic<int>> done(count);
      std::atomic<std::size_t> largest_slot = 0;
      lease.run(count, [&](std::size_t item, std::size_t slot) {
        ++done[item];
        if (slot > largest_slot) largest_slot = slot;
      });
      for (const auto& times : done) CHECK(times == 1);
      CHECK(largest_slot < threads);
    }
  }
}

TEST_CASE("helpers take part, and no two threads have one slot at the same time") {
  ThreadTeam team(3);
  const ThreadTeam::Lease lease(team);
  std::vector<std::atomic<int>> in_slot(3);
  std::atomic<int> waiting = 0;
  std::atomic<bool> clash = false;
  lease.run(3, [&](std::size_t, std::size_t slot) {
    if (++in_slot[slot] > 1) clash = true;
    // Ends only when three threads are here together.
    ++waiting;
    while (waiting < 3) std::this_thread::yield();
    --in_slot[slot];
  });
  CHECK(!clash);
}

TEST_CASE("no piece starts after one has failed, and those at work end first") {
  for (const std::size_t threads : {1U, 2U, 3U}) {
    ThreadTeam team(static_cast<std::int64_t>(threads));
    const ThreadTeam::Lease lease(team);
    for (int round = 0; round < 50; ++round) {
      std::atomic<std::size_t> started = 0;
      std::atomic<int> at_work = 0;
      const auto work = [&](std::size_t, std::size_t) {
        ++at_work;
        ++started;
        --at_work;
        throw std::runtime_error("enough");
      };
      CHECK_THROWS_WITH(lease.run(1000, work), "enough");
      // Each thread can have taken one piece when the first failure came.
      CHECK(started >= 1);
      CHECK(started <= threads);
      CHECK(at_work == 0);
    }
    std::atomic<int> done = 0;
    lease.run(10, [&](std::size_t, std::size_t) { ++done; });
    CHECK(done == 10);
  }
}

TEST_CASE("pieces are done in order until one fails") {
  ThreadTeam team(1);
  const ThreadTeam::Lease lease(team);
  int done = 0;
  const auto work = [&](std::size_t item, std::size_t) {
    ++done;
    if (item == 3) throw std::runtime_error("three");
  };
  CHECK_THROWS_WITH(lease.run(10, work), "three");
  CHECK(done == 4);
}

TEST_CASE("callers leave no thread to helpers when they are many, and leases come and go") {
  ThreadTeam team(2);
  std::atomic<int> done = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        const ThreadTeam::Lease lease(team);
        lease.run(5, [&](std::size_t, std::size_t) { ++done; });
      }
    });
  }
  for (auto& caller : callers) caller.join();
  CHECK(done == 4 * 50 * 5);
  const ThreadTeam::Lease first(team);
  CHECK(first.available() == 2);
  const ThreadTeam::Lease second(team);
  CHECK(first.available() == 1);
}

TEST_CASE("helpers come while they are wanted, and again when they are called") {
  ThreadTeam team(2);
  const ThreadTeam::Lease lease(team);
  for (int round = 0; round < 20; ++round) {
    Described work;
    std::atomic<bool> came = false;
    std::atomic<int> times = 0;
    work.helped = [&](std::size_t slot) {
      if (slot != 1) std::abort();
      work.wants = false;
      ++times;
      came = true;
    };
    work.led = [&] {
      for (int i = 1; i <= 3; ++i) {
        wait_for(came);
        // Longer than a helper looks for work before it sleeps, in some rounds.
        if (round % 5 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(3));
        CHECK(times == i);
        came = false;
        if (i == 3) return;
        work.wants = true;
        lease.announce();
      }
    };
    lease.run(work);
    CHECK(times == 3);
  }
}

TEST_CASE("joint work is over when all have ended, whoever throws") {
  ThreadTeam team(2);
  const ThreadTeam::Lease lease(team);
  for (const bool helper_throws : {false, true}) {
    Described work;
    std::atomic<bool> came = false;
    std::atomic<bool> stopped = false;
    std::atomic<bool> left = false;
    work.helped = [&](std::size_t) {
      came = true;
      if (helper_throws) throw std::runtime_error("help");
      wait_for(stopped);
      left = true;
    };
    work.led = [&] {
      wait_for(came);
      if (helper_throws) return;
      stopped = true;
      throw std::runtime_error("lead");
    };
    CHECK_THROWS_WITH(lease.run(work), helper_throws ? "help" : "lead");
    CHECK(left != helper_throws);
  }
}

TEST_CASE("a helper is told to leave when another caller comes, and may come back") {
  ThreadTeam team(2);
  const ThreadTeam::Lease lease(team);
  Described work;
  std::atomic<bool> came = false;
  std::atomic<bool> left = false;
  std::atomic<bool> stopped = false;
  work.helped = [&](std::size_t) {
    came = true;
    while (!stopped && !lease.crowded()) std::this_thread::yield();
    left = true;
  };
  work.led = [&] {
    wait_for(came);
    CHECK(!lease.crowded());
    {
      const ThreadTeam::Lease other(team);
      wait_for(left);
      came = false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      CHECK(!came);
    }
    wait_for(came);
    stopped = true;
  };
  lease.run(work);
}

TEST_CASE("a caller that is alone at last gets helpers for work that it has begun") {
  ThreadTeam team(2);
  auto other = std::make_unique<ThreadTeam::Lease>(team);
  const ThreadTeam::Lease lease(team);
  Described work;
  std::atomic<bool> came = false;
  work.helped = [&](std::size_t) {
    came = true;
    work.wants = false;
  };
  work.led = [&] {
    other.reset();
    wait_for(came);
  };
  lease.run(work);
}

TEST_CASE("a team needs a thread") {
  CHECK_THROWS_AS(ThreadTeam(0), InvalidArgument);
  CHECK_THROWS_AS(ThreadTeam(-1), InvalidArgument);
}
