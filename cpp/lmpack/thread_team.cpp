#include "lmpack/thread_team.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <string>
#include <system_error>

#include "lmpack/error.hpp"

namespace lmpack {
namespace {

// How often a helper looks for the next job before it goes to sleep. The jobs of one caller follow
// one another within microseconds, and to wake a thread takes longer.
constexpr int kLooks = 4000;

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

}  // namespace

struct ThreadTeam::Job {
  Job(const Work& pieces, std::size_t number) : work(pieces), count(number) {}

  const Work& work;
  const std::size_t count;
  std::atomic<std::size_t> next = 0;
  std::atomic<std::size_t> helpers = 0;  // at work on it
  std::size_t next_slot = 1;             // under the team's mutex; slot 0 is the caller's
  std::mutex failure_mutex;
  std::exception_ptr failure;

  bool open() const { return next.load() < count; }

  void do_pieces(std::size_t slot) noexcept {
    for (std::size_t item = next++; item < count; item = next++) {
      try {
        work(item, slot);
      } catch (...) {
        next = count;
        const std::lock_guard lock(failure_mutex);
        if (!failure) failure = std::current_exception();
      }
    }
  }
};

ThreadTeam::ThreadTeam(std::int64_t threads) : threads_(static_cast<std::size_t>(threads)) {
  if (threads < 1) {
    throw InvalidArgument("the number of threads must be at least 1, not " +
                          std::to_string(threads));
  }
}

ThreadTeam::Lease::Lease(ThreadTeam& team) : team_(team) {
  const std::lock_guard lock(team_.mutex_);
  ++team_.leases_;
}

ThreadTeam::Lease::~Lease() {
  std::unique_lock lock(team_.mutex_);
  if (--team_.leases_ == 0) team_.dismiss_helpers(lock);
  ++team_.announced_;  // what the caller leaves free, a helper may take
  team_.changed_.notify_all();
}

std::size_t ThreadTeam::Lease::available() const {
  return team_.threads_ - std::min(team_.threads_ - 1, team_.leases_.load() - 1);
}

void ThreadTeam::Lease::run(std::size_t count, const Work& work) const {
  Job job(work, count);
  const bool shared = count > 1 && available() > 1;
  if (shared) {
    const std::lock_guard lock(team_.mutex_);
    team_.jobs_.push_back(&job);
    team_.summon_helpers();
    ++team_.announced_;
  }
  if (shared) team_.changed_.notify_all();
  job.do_pieces(0);
  if (shared) {
    {
      const std::lock_guard lock(team_.mutex_);
      std::erase(team_.jobs_, &job);
    }
    while (job.helpers.load() > 0) pause();
  }
  if (job.failure) std::rethrow_exception(job.failure);
}

// Under the mutex. Where the system gives no more threads, or no memory for them, those that are
// there do the work.
void ThreadTeam::summon_helpers() noexcept {
  try {
    while (helpers_.size() + leases_ < threads_) {
      helpers_.emplace_back([this, crew = crew_] { help(crew); });
    }
  } catch (const std::system_error&) {
  } catch (const std::bad_alloc&) {
  }
}

// Under the mutex. The last caller leaves only when all its jobs are done.
void ThreadTeam::dismiss_helpers(std::unique_lock<std::mutex>& lock) {
  std::vector<std::thread> helpers = std::move(helpers_);
  helpers_.clear();
  if (helpers.empty()) return;
  ++crew_;
  ++announced_;
  changed_.notify_all();
  lock.unlock();
  for (std::thread& helper : helpers) helper.join();
  lock.lock();
}

// Under the mutex: a job with pieces left, if a thread more may work.
ThreadTeam::Job* ThreadTeam::open_job() {
  if (leases_ + working_ >= threads_) return nullptr;
  const auto found = std::ranges::find_if(jobs_, &Job::open);
  return found == jobs_.end() ? nullptr : *found;
}

void ThreadTeam::help(std::uint64_t crew) {
  std::unique_lock lock(mutex_);
  while (crew == crew_) {
    if (Job* job = open_job()) {
      ++working_;
      ++job->helpers;
      const std::size_t slot = job->next_slot++;
      lock.unlock();
      job->do_pieces(slot);
      --job->helpers;
      lock.lock();
      --working_;
      continue;
    }
    const std::uint64_t seen = announced_;
    lock.unlock();
    for (int look = 0; look < kLooks && announced_ == seen; ++look) pause();
    lock.lock();
    changed_.wait(lock, [&] { return announced_ != seen; });
  }
}

}  // namespace lmpack
