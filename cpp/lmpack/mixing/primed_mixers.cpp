#include "lmpack/mixing/primed_mixers.hpp"

#include <algorithm>
#include <utility>

namespace lmpack {
namespace {

// To keep changes and to undo them takes a share of the time for each byte; to copy all tables, as
// long as some thousand bytes.
constexpr std::size_t kLongestUndone = 4096;

std::unique_ptr<ContextMixer> primed(const PrimedMixers::Prime& prime, std::size_t tables_for) {
  std::unique_ptr<ContextMixer> mixer(prime(tables_for).release());
  mixer->become_prefix();
  return mixer;
}

}  // namespace

std::unique_ptr<ContextMixer> MixerPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!resting_.empty()) {
      std::unique_ptr<ContextMixer> mixer = std::move(resting_.back());
      resting_.pop_back();
      return mixer;
    }
  }
  std::unique_ptr<ContextMixer> mixer = copy();
  mixer->follow(*primed_);
  return mixer;
}

void MixerPool::put(std::unique_ptr<ContextMixer> mixer) noexcept {
  mixer->undo();
  try {
    const std::lock_guard lock(mutex_);
    resting_.push_back(std::move(mixer));
  } catch (...) {  // without memory for it, it is deleted
  }
}

MixerHandle PrimedMixers::take(const Kind& kind, std::size_t length, const Prime& prime) {
  // Blocks that need larger tables are longer than the prefix: to learn it takes less time than to
  // code them, and they may need much memory.
  if (length > bytes_.size()) return MixerHandle(primed(prime, length).release());
  const std::shared_ptr<Place> place = place_of(kind);
  std::shared_ptr<MixerPool> pool;
  {
    const std::lock_guard lock(place->mutex);
    if (!place->pool) place->pool = std::make_shared<MixerPool>(primed(prime, bytes_.size()));
    pool = place->pool;
  }
  if (length > kLongestUndone) return MixerHandle(pool->copy().release());
  ContextMixer* const mixer = pool->take().release();
  return MixerHandle(mixer, MixerReturn{std::move(pool)});
}

std::shared_ptr<PrimedMixers::Place> PrimedMixers::place_of(const Kind& kind) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find_if(places_, [&](const auto& p) { return p->kind == kind; });
  if (found != places_.end()) {
    std::rotate(found, found + 1, places_.end());
  } else {
    if (places_.size() == kMostKinds) places_.erase(places_.begin());
    places_.push_back(std::make_shared<Place>(kind));
  }
  return places_.back();
}

}  // namespace lmpack
