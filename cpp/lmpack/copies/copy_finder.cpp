#include "lmpack/copies/copy_finder.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "lmpack/copies/piece_table.hpp"
#include "lmpack/error.hpp"

namespace lmpack {
namespace {

static_assert(kShortestCopy >= kPiece);

// Places between two that are looked up. It and kPiece have no common divisor, so of the pieces
// inside a stretch that is repeated every third is looked up, however the two lie.
constexpr std::size_t kLookUpStep = 3;

// A candidate that fails has its bytes compared; so many of them buy the right to look at a place.
constexpr std::size_t kComparedPerPlace = 16;

// Behind a copy, a stretch that goes on at the same distance after at most so many other bytes is
// copied even if it is short, while the copies of such a chain have so many bytes on average.
constexpr std::size_t kLongestGap = 32;
constexpr std::size_t kChainAverage = 2048;

constexpr std::size_t kLongestBlock = std::size_t{1} << 24;

constexpr int kMostTableBits = 19;
constexpr int kTagBits = 13;
static_assert(kLongestBlock / kPiece < 1U << (32 - kTagBits));

// How many bytes are the same from both places on.
std::size_t common_prefix(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  const std::size_t size = std::min(a.size(), b.size());
  std::size_t same = 0;
  while (same + sizeof(std::uint64_t) <= size &&
         std::memcmp(&a[same], &b[same], sizeof(std::uint64_t)) == 0) {
    same += sizeof(std::uint64_t);
  }
  while (same < size && a[same] == b[same]) ++same;
  return same;
}

// How many bytes are the same up to the ends of both.
std::size_t common_suffix(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
  const std::size_t size = std::min(a.size(), b.size());
  std::size_t same = 0;
  while (same < size && a[a.size() - 1 - same] == b[b.size() - 1 - same]) ++same;
  return same;
}

class CopyFinder {
 public:
  CopyFinder(std::span<const std::uint8_t> plain, std::size_t shortest, const PrefixPieces* prefix)
      : plain_(plain),
        shortest_(shortest),
        prefix_(prefix),
        table_(plain.size(), kMostTableBits, kTagBits) {
    begin(0);
  }

  std::vector<Copy> find() {
    while (end_ < plain_.size()) {
      hash_ = piece_hash::with(hash_, plain_[end_++]);
      if (end_ == next_look_up_ && look_up()) continue;
      if (end_ == next_insert_) {
        table_.insert(hash_, end_ - kPiece);
        next_insert_ += kPiece;
      }
    }
    return copies_;
  }

 private:
  // Goes on from a place before which all is copied or literal.
  void begin(std::size_t place) {
    literals_start_ = place;
    end_ = place;
    hash_ = 0;
    next_look_up_ = place + kPiece;
    next_insert_ = (place + kPiece - 1) / kPiece * kPiece + kPiece;
  }

  // Whether the window is part of a copy; then all goes on behind it.
  bool look_up() {
    next_look_up_ += kLookUpStep;
    std::size_t source = 0;
    if (table_.find(hash_, source)) return take(plain_, source, 0);
    if (prefix_ == nullptr || !prefix_->find(hash_, source)) return false;
    return take(prefix_->bytes(), source, prefix_->bytes().size());
  }

  // Whether the window is part of a copy from a place in `bytes`, that begin so far before the
  // block.
  bool take(std::span<const std::uint8_t> bytes, std::size_t source, std::size_t before_block) {
    const std::size_t start = end_ - kPiece;
    const std::size_t after = common_prefix(bytes.subspan(source), plain_.subspan(start));
    if (after < kPiece) return false;
    const std::size_t before = common_suffix(
        bytes.first(source), plain_.subspan(literals_start_, start - literals_start_));
    if (before + after < shortest_) {
      next_look_up_ += (before + after) / kComparedPerPlace;
      return false;
    }
    const std::size_t distance = before_block + start - source;
    std::size_t copied = before + after;
    append(start - before, copied, distance);
    std::size_t average = copied;
    for (std::size_t links = 2; average >= kChainAverage; ++links) {
      const std::size_t link = append_link(distance);
      if (link == 0) break;
      copied += link;
      average = copied / links;
    }
    return true;
  }

  // Appends a copy, whose start is known, and goes on behind it.
  void append(std::size_t start, std::size_t length, std::size_t distance) {
    copies_.push_back({start - literals_start_, length, distance});
    begin(start + length);
  }

  // The bytes from so far before a place on, as far as they stand together.
  std::span<const std::uint8_t> from(std::size_t place, std::size_t distance) const {
    if (distance <= place) return plain_.subspan(place - distance);
    return prefix_->bytes().last(distance - place);
  }

  // Appends a copy that goes on at this distance soon; its length, 0 if there is none. One that
  // begins in the prefix ends with it, as what follows the prefix is the block.
  std::size_t append_link(std::size_t distance) {
    const std::size_t end = std::min(plain_.size(), literals_start_ + kLongestGap + kShortestCopy);
    std::size_t same = 0;
    for (std::size_t i = literals_start_; i < end && same < kShortestCopy; ++i) {
      same = plain_[i] == from(i, distance).front() ? same + 1 : 0;
      if (same < kShortestCopy) continue;
      const std::size_t start = i + 1 - same;
      same = common_prefix(from(start, distance), plain_.subspan(start));
      if (same < kShortestCopy) return 0;
      append(start, same, distance);
      return same;
    }
    return 0;
  }

  std::span<const std::uint8_t> plain_;
  std::size_t shortest_;
  const PrefixPieces* prefix_;
  PieceTable table_;
  std::vector<Copy> copies_;
  std::size_t literals_start_ = 0;
  std::size_t end_ = 0;     // of the window, whose hash is
  std::uint64_t hash_ = 0;  // sum of its bytes' numbers, each doubled once for each byte behind
  std::size_t next_look_up_ = 0;  // end of the next window that is looked up
  std::size_t next_insert_ = 0;   // end of the next piece that is kept
};

// The remainder has a byte at least: without one, the last copy ends a byte earlier, or is left
// out.
std::vector<Copy> with_remainder(std::vector<Copy> copies, std::size_t plain_length) {
  std::size_t left = plain_length;
  for (const Copy& copy : copies) left -= copy.length;
  if (left > 0 || copies.empty()) return copies;
  if (--copies.back().length < kShortestCopy) copies.pop_back();
  return copies;
}

}  // namespace

std::vector<Copy> find_copies(std::span<const std::uint8_t> plain, std::size_t shortest,
                              const PrefixPieces* prefix) {
  if (plain.size() > kLongestBlock || shortest < kShortestCopy) {
    throw InvalidArgument("copies are found in a block of at most " +
                          std::to_string(kLongestBlock) + " bytes, and have at least " +
                          std::to_string(kShortestCopy));
  }
  return with_remainder(CopyFinder(plain, shortest, prefix).find(), plain.size());
}

}  // namespace lmpack
