#include "lmpack/thread_team.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <string>
#include <system_error>

#include "lmpack/error.hpp"
#include "lmpack/ready_to_throw.hpp"
#include "lmpack/spin.hpp"

namespace lmpack {
namespace {

// Numbered pieces of work that whoever is free takes.
class Pieces final : public ThreadTeam::JointWork {
 public:
  Pieces(const ThreadTeam::Work& work, std::size_t count) : work_(work), count_(count) {}

  void lead() override { help(0); }

  bool wanted() const noexcept override { return next_.load() < count_; }

  void help(std::size_t slot) override {
    for (std::size_t item = next_++; item < count_; item = next_++) {
      try {
        work_(item, slot);
      } catch (...) {
        next_ = count_;
        throw;
      }
    }
  }

 private:
  const ThreadTeam::Work& work_;
  const std::size_t count_;
  std::atomic<std::size_t> next_ = 0;
};

}  // namespace

struct ThreadTeam::Job {
  explicit Job(JointWork& joint) : work(joint) {}

  JointWork& work;
  std::atomic<bool> closed = false;
  std::atomic<std::size_t> helpers = 0;  // at work on it
  std::mutex failure_mutex;
  std::exception_ptr failure;

  bool open() const { return !closed && work.wanted(); }

  // Does a part of the work, and closes the job if that fails.
  template <typename Part>
  void attempt(const Part& part) noexcept {
    try {
      part();
    } catch (...) {
      closed = true;
      const std::lock_guard lock(failure_mutex);
      if (!failure) failure = std::current_exception();
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
  // If it is not, the caller has no way to say so.
  ready_to_throw();
  const std::lock_guard lock(team_.mutex_);
  ++team_.leases_;
}

ThreadTeam::Lease::~Lease() {
  std::unique_lock lock(team_.mutex_);
  if (--team_.leases_ == 0) team_.dismiss_helpers(lock);
  if (!team_.jobs_.empty()) team_.summon_helpers();
  ++team_.announced_;  // what the caller leaves free, a helper may take
  team_.changed_.notify_all();
}

std::size_t ThreadTeam::Lease::available() const {
  return team_.threads_ - std::min(team_.threads_ - 1, team_.leases_.load() - 1);
}

void ThreadTeam::Lease::run(std::size_t count, const Work& work) const {
  Pieces pieces(work, count);
  if (count > 1) return run(pieces);
  pieces.lead();
}

void ThreadTeam::Lease::run(JointWork& work) const {
  Job job(work);
  const bool shared = team_.threads_ > 1;
  if (shared) {
    const std::lock_guard lock(team_.mutex_);
    team_.jobs_.push_back(&job);
    team_.summon_helpers();
    ++team_.announced_;
  }
  if (shared) team_.changed_.notify_all();
  job.attempt([&] { work.lead(); });
  job.closed = true;
  if (shared) {
    {
      const std::lock_guard lock(team_.mutex_);
      std::erase(team_.jobs_, &job);
    }
    look_until([&] { return job.helpers.load() == 0; });
  }
  if (job.failure) std::rethrow_exception(job.failure);
}

void ThreadTeam::Lease::announce() const {
  if (team_.idle_ == 0) return;
  {
    const std::lock_guard lock(team_.mutex_);
    ++team_.announced_;
  }
  team_.changed_.notify_one();
}

// Under the mutex. Where the system gives no more threads, or no memory for them, those that are
// there do the work.
void ThreadTeam::summon_helpers() noexcept {
  try {
    while (helpers_.size() + leases_ < threads_) {
      helpers_.emplace_back([this, crew = crew_, slot = helpers_.size() + 1] { help(crew, slot); });
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

// Under the mutex: a job that wants helpers, if a thread more may work.
ThreadTeam::Job* ThreadTeam::open_job() {
  if (leases_ + working_ >= threads_) return nullptr;
  const auto found = std::ranges::find_if(jobs_, &Job::open);
  return found == jobs_.end() ? nullptr : *found;
}

void ThreadTeam::help(std::uint64_t crew, std::size_t slot) {
  // The others do the work then, as if there were no thread more.
  if (!ready_to_throw()) return;
  std::unique_lock lock(mutex_);
  ++idle_;
  while (crew == crew_) {
    if (Job* job = open_job()) {
      --idle_;
      ++working_;
      ++job->helpers;
      lock.unlock();
      job->attempt([&] { job->work.help(slot); });
      --job->helpers;
      lock.lock();
      --working_;
      ++idle_;
      continue;
    }
    const std::uint64_t seen = announced_;
    lock.unlock();
    for (int look = 0; look < kLooks && announced_ == seen; ++look) pause();
    lock.lock();
    changed_.wait(lock, [&] { return announced_ != seen; });
  }
  --idle_;
}

}  // namespace lmpack
