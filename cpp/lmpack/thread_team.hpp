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

  // Work of a caller that helpers take part in as long as they find something to do.
  class JointWork {
   public:
    virtual ~JointWork() = default;

    // What the caller does, in slot 0; the work is over when it returns.
    virtual void lead() = 0;

    // Whether a helper would find something to do. Threads ask at any moment.
    virtual bool wanted() const noexcept = 0;

    // What a helper does: it returns when it finds nothing more, when lead() has ended, and soon
    // after the lease is crowded(). It is called again while it is wanted.
    virtual void help(std::size_t slot) = 0;
  };

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

    // Does work.lead() on this thread and work.help() on helpers that are free; returns when all
    // have ended. What the first one threw is thrown.
    void run(JointWork& work) const;

    // Wakes a helper, if one is idle, as it is wanted again.
    void announce() const;

    // Whether more threads are at work than the team has, so that a helper should leave.
    bool crowded() const { return team_.leases_ + team_.working_ > team_.threads_; }

   private:
    ThreadTeam& team_;
  };

 private:
  struct Job;

  void help(std::uint64_t crew, std::size_t slot);
  Job* open_job();
  void summon_helpers() noexcept;
  void dismiss_helpers(std::unique_lock<std::mutex>& lock);

  const std::size_t threads_;

  std::mutex mutex_;
  std::condition_variable changed_;

  // Under the mutex; read without it only as hints.
  std::atomic<std::size_t> leases_ = 0;
  std::atomic<std::size_t> working_ = 0;  // helpers that have a job
  std::uint64_t crew_ = 0;                // helpers of an earlier crew go home
  std::vector<Job*> jobs_;
  std::vector<std::thread> helpers_;  // number i works in slot i + 1

  // Helpers without a job. Each counts itself before it looks for one: whoever wants helpers, and
  // then sees none idle, has been seen by all.
  std::atomic<std::size_t> idle_ = 0;

  // Counts what helpers should look up for, so that they notice it without the mutex.
  std::atomic<std::uint64_t> announced_ = 0;
};

}  // namespace lmpack
