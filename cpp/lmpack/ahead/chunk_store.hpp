// What threads have made of chunks of a block, until the coder takes it.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace lmpack {

// Memory for chunks that are in work; that of chunks that are coded is used again. Chunks may be
// read and written by several threads, opened and closed by one at a time.
template <typename Entry>
class ChunkStore {
 public:
  // window: chunks that may be open at the same time, which follow one another; entries: of each.
  ChunkStore(std::size_t window, std::size_t entries) : open_(window), entries_(entries) {}

  void open(std::size_t chunk) {
    std::vector<Entry>& entries = open_[chunk % open_.size()];
    if (!entries.empty()) return;
    if (spare_.empty()) {
      entries.resize(entries_);
    } else {
      entries = std::move(spare_.back());
      spare_.pop_back();
    }
  }

  std::span<Entry> at(std::size_t chunk) { return open_[chunk % open_.size()]; }

  void close(std::size_t chunk) {
    spare_.push_back(std::exchange(open_[chunk % open_.size()], {}));
  }

 private:
  std::vector<std::vector<Entry>> open_;
  std::vector<std::vector<Entry>> spare_;
  std::size_t entries_;
};

}  // namespace lmpack
