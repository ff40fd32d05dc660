// Mixers that have learned a prefix, and go on from there with one block after another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "lmpack/coder/block_layout.hpp"
#include "lmpack/mixing/context_mixer.hpp"
#include "lmpack/mixing/mixing.hpp"

namespace lmpack {

// The copies of a mixer that is primed. Safe for several threads.
class MixerPool {
 public:
  explicit MixerPool(std::unique_ptr<ContextMixer> primed) : primed_(std::move(primed)) {}

  // A copy to be thrown away.
  std::unique_ptr<ContextMixer> copy() const { return std::make_unique<ContextMixer>(*primed_); }

  // A copy that follows the mixer; put() undoes what a block has changed, for the next one.
  std::unique_ptr<ContextMixer> take();
  void put(std::unique_ptr<ContextMixer> mixer) noexcept;

 private:
  const std::unique_ptr<const ContextMixer> primed_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<ContextMixer>> resting_;
};

// Gives a mixer back to its pool, or deletes one that has none.
struct MixerReturn {
  std::shared_ptr<MixerPool> pool;

  void operator()(ContextMixer* mixer) const noexcept {
    std::unique_ptr<ContextMixer> owned(mixer);
    if (pool != nullptr) pool->put(std::move(owned));
  }
};

// The mixer of one block.
using MixerHandle = std::unique_ptr<ContextMixer, MixerReturn>;

// That of a block behind nothing; arguments as for the ContextMixer.
inline MixerHandle own_mixer(std::span<const std::uint8_t> plain, BlockLayout layout, Mixing mixing,
                             std::size_t models, std::size_t tables_for = 0) {
  return MixerHandle(new ContextMixer(plain, layout, mixing, models, tables_for));
}

// The mixers of a prefix, each made when it is first needed. Safe for several threads.
class PrimedMixers {
 public:
  // Those of so many kinds are kept, at most: blocks say of which kind they are, whatever they
  // hold. Two are those without models and with them, between which a writer chooses.
  static constexpr std::size_t kMostKinds = 2;

  // What tells mixers of the same prefix apart. models: numbers of the engines.
  struct Kind {
    Predictor predictor;
    std::uint32_t stride;
    std::vector<std::uint64_t> models;

    bool operator==(const Kind&) const = default;
  };

  // Makes a mixer with tables for so many bytes that has coded all bytes(), as a block of one lane.
  using Prime = std::function<MixerHandle(std::size_t tables_for)>;

  // bytes: what mixers learn, at least one; they must outlive it.
  explicit PrimedMixers(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  std::span<const std::uint8_t> bytes() const { return bytes_; }

  // A mixer for a block of so many bytes, behind the prefix. What prime() throws goes through.
  MixerHandle take(const Kind& kind, std::size_t length, const Prime& prime);

 private:
  // A pool, once it is made; another thread that needs it waits.
  struct Place {
    explicit Place(const Kind& of) : kind(of) {}

    const Kind kind;
    std::mutex mutex;
    std::shared_ptr<MixerPool> pool;
  };

  std::shared_ptr<Place> place_of(const Kind& kind);

  const std::span<const std::uint8_t> bytes_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Place>> places_;  // by their last use, the latest one last
};

}  // namespace lmpack
