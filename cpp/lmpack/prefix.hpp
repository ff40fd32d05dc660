// Bytes that stand before blocks without being part of them: what a block is coded behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "lmpack/copies/prefix_pieces.hpp"
#include "lmpack/engine/engine.hpp"
#include "lmpack/engine/lane.hpp"
#include "lmpack/engine/lanes_before.hpp"
#include "lmpack/mixing/primed_mixers.hpp"
#include "lmpack/models.hpp"

namespace lmpack {

// What is made of the bytes is made when it is first needed, and kept. Safe for several threads.
class Prefix {
 public:
  // So many of the last bytes are learned by mixing and by models, at most; copies reach further.
  static constexpr std::size_t kMostLearned = std::size_t{1} << 17;

  // Throws InvalidArgument unless there is a byte.
  explicit Prefix(std::vector<std::uint8_t> bytes);

  Prefix(const Prefix&) = delete;
  Prefix& operator=(const Prefix&) = delete;

  std::span<const std::uint8_t> bytes() const { return bytes_; }

  // The bytes that are learned.
  std::span<const std::uint8_t> learned() const { return mixers_.bytes(); }

  // The distance at which those resemble one another, 0 if it is not known.
  std::uint32_t stride();

  PrimedMixers& mixers() { return mixers_; }

  // What lanes of these models go on from. The prefix must outlive it.
  LanesBefore lanes(const Models& models);

  // Where copies find the pieces of the prefix.
  const PrefixPieces& pieces();

 private:
  const Lane& lane(const Engine& engine);

  const std::vector<std::uint8_t> bytes_;
  PrimedMixers mixers_;
  std::mutex mutex_;                                            // of what follows
  std::map<std::uint64_t, std::unique_ptr<const Lane>> lanes_;  // by the number of the engine
  std::once_flag has_stride_;
  std::uint32_t stride_ = 0;
  std::once_flag has_pieces_;
  std::unique_ptr<const PrefixPieces> pieces_;
};

}  // namespace lmpack
