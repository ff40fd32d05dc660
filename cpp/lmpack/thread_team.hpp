// Threads that several callers share, each with pieces of work that may run side by side.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace lmpack {

// Callers and helpers together are at most `threads` threads at work, unless there are more callers
// than that. Helpers exist only while a caller has a lease, so that an idle team survives a fork.
class ThreadTeam {
 public:
  // Piece of work number `item`; `slot` is below Lease::slots() and different for pieces of one
  // call that run at the same time, so that each can have memory of its own.
  using Work = std::function<void(std::size_t item, std::size_t slot)>;

  // threads >= 1, otherwise throws InvalidArgument.
  explicit ThreadTeam(std::int64_t threads);

  // What a caller holds while it is at work. It may not outlive the team.
  class Lease {
   public:
    explicit Lease(ThreadTeam& team);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;

    // What slots are below: all threads of the team, as also one that becomes free in the middle of
    // a call may take part in it.
    std::size_t slots() const { return team_.threads_; }

    // Threads that could work for this caller now, itself included.
    std::size_t available() const;

    // Does work(0) to work(count - 1), on this thread and on helpers that are free; returns when
    // all are done. After one that throws no other starts; when those at work have ended, what the
    // first one threw is thrown.
    void run(std::size_t count, const Work& work) const;

   private:
    ThreadTeam& team_;
  };

 private:
  struct Job;

  void help(std::uint64_t crew);
  Job* open_job();
  void summon_helpers() noexcept;
  void dismiss_helpers(std::unique_lock<std::mutex>& lock);

  const std::size_t threads_;

  std::mutex mutex_;
  std::condition_variable changed_;

  // Under the mutex; read without it only as hints.
  std::atomic<std::size_t> leases_ = 0;
  std::size_t working_ = 0;  // helpers that have a job
  std::uint64_t crew_ = 0;   // helpers of an earlier crew go home
  std::vector<Job*> jobs_;
  std::vector<std::thread> helpers_;

  // Counts what helpers should look up for, so that they notice it without the mutex.
  std::atomic<std::uint64_t> announced_ = 0;
};

}  // namespace lmpack
