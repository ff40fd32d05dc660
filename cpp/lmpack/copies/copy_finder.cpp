#include "lmpack/copies/copy_finder.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>

#include "lmpack/error.hpp"

namespace lmpack {
namespace {

// A hash of 64 bits that is shifted by one at each byte forgets what is further back than this.
constexpr std::size_t kWindow = 64;
static_assert(kShortestCopy >= kWindow);

// Places between two that are looked up. It and kWindow have no common divisor, so of the pieces
// inside a stretch that is repeated every third is looked up, however the two lie.
constexpr std::size_t kLookUpStep = 3;

// A candidate that fails has its bytes compared; so many of them buy the right to look at a place.
constexpr std::size_t kComparedPerPlace = 16;

// Behind a copy, a stretch that goes on at the same distance after at most so many other bytes is
// copied even if it is short, while the copies of such a chain have so many bytes on average.
constexpr std::size_t kLongestGap = 32;
constexpr std::size_t kChainAverage = 2048;

constexpr std::size_t kLongestBlock = std::size_t{1} << 24;

// A number for each byte, from the generator SplitMix64.
constexpr std::array<std::uint64_t, 256> random_numbers() {
  std::array<std::uint64_t, 256> numbers{};
  std::uint64_t state = 0;
  for (auto& number : numbers) {
    state += 0x9E3779B97F4A7C15;
    std::uint64_t mixed = (state ^ state >> 30) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB;
    number = mixed ^ mixed >> 31;
  }
  return numbers;
}

constexpr auto kNumbers = random_numbers();

// Where pieces of kWindow bytes stood, by their hashes. A later one takes the place of an earlier
// one.
class PieceTable {
 public:
  explicit PieceTable(std::size_t length)
      : bits_(std::clamp(static_cast<int>(std::bit_width(kSlotsPerPiece * length / kWindow)),
                         kLeastBits, kMostBits)),
        slots_(std::size_t{1} << bits_) {}

  void insert(std::uint64_t hash, std::size_t start) {
    const auto piece = static_cast<std::uint32_t>(start / kWindow + 1);
    slots_[slot(hash)] = piece << kTagBits | tag(hash);
  }

  // Whether there may be a piece of this hash; `start` is set to where it stands.
  bool find(std::uint64_t hash, std::size_t& start) const {
    const std::uint32_t entry = slots_[slot(hash)];
    if ((entry & kTagMask) != tag(hash) || entry < kFirstPiece) return false;
    start = ((entry >> kTagBits) - 1) * kWindow;
    return true;
  }

 private:
  // In longer blocks each piece has fewer: 2 in the longest ones.
  static constexpr std::size_t kSlotsPerPiece = 16;
  static constexpr int kLeastBits = 14;
  static constexpr int kMostBits = 19;

  // An entry is the number of the piece, from 1 on, above some bits of its hash.
  static constexpr int kTagBits = 13;
  static constexpr std::uint32_t kTagMask = (1U << kTagBits) - 1;
  static constexpr std::uint32_t kFirstPiece = 1U << kTagBits;
  static_assert(kLongestBlock / kWindow < 1U << (32 - kTagBits));

  std::size_t slot(std::uint64_t hash) const { return hash >> (64 - bits_); }
  static std::uint32_t tag(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32) & kTagMask;
  }

  int bits_;
  std::vector<std::uint32_t> slots_;
};

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
  CopyFinder(std::span<const std::uint8_t> plain, std::size_t shortest)
      : plain_(plain), shortest_(shortest), table_(plain.size()) {
    begin(0);
  }

  std::vector<Copy> find() {
    while (end_ < plain_.size()) {
      hash_ = (hash_ << 1) + kNumbers[plain_[end_++]];
      if (end_ == next_look_up_ && look_up()) continue;
      if (end_ == next_insert_) {
        table_.insert(hash_, end_ - kWindow);
        next_insert_ += kWindow;
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
    next_look_up_ = place + kWindow;
    next_insert_ = (place + kWindow - 1) / kWindow * kWindow + kWindow;
  }

  // Whether the window is part of a copy; then all goes on behind it.
  bool look_up() {
    next_look_up_ += kLookUpStep;
    std::size_t source = 0;
    if (!table_.find(hash_, source)) return false;
    const std::size_t start = end_ - kWindow;
    const std::size_t after = common_prefix(plain_.subspan(source), plain_.subspan(start));
    if (after < kWindow) return false;
    const std::size_t before = common_suffix(
        plain_.first(source), plain_.subspan(literals_start_, start - literals_start_));
    if (before + after < shortest_) {
      next_look_up_ += (before + after) / kComparedPerPlace;
      return false;
    }
    const std::size_t distance = start - source;
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

  // Appends a copy that goes on at this distance soon; its length, 0 if there is none.
  std::size_t append_link(std::size_t distance) {
    const std::size_t end = std::min(plain_.size(), literals_start_ + kLongestGap + kShortestCopy);
    std::size_t same = 0;
    for (std::size_t i = literals_start_; i < end && same < kShortestCopy; ++i) {
      same = plain_[i] == plain_[i - distance] ? same + 1 : 0;
      if (same < kShortestCopy) continue;
      const std::size_t start = i + 1 - same;
      same = common_prefix(plain_.subspan(start - distance), plain_.subspan(start));
      append(start, same, distance);
      return same;
    }
    return 0;
  }

  std::span<const std::uint8_t> plain_;
  std::size_t shortest_;
  PieceTable table_;
  std::vector<Copy> copies_;
  std::size_t literals_start_ = 0;
  std::size_t end_ = 0;     // of the window, whose hash is
  std::uint64_t hash_ = 0;  // sum of its bytes' numbers, each doubled once for each byte behind
  std::size_t next_look_up_ = 0;  // end of the next window that is looked up
  std::size_t next_insert_ = 0;   // end of the next piece that is kept
};

}  // namespace

std::vector<Copy> find_copies(std::span<const std::uint8_t> plain, std::size_t shortest) {
  if (plain.size() > kLongestBlock || shortest < kShortestCopy) {
    throw InvalidArgument("copies are found in a block of at most " +
                          std::to_string(kLongestBlock) + " bytes, and have at least " +
                          std::to_string(kShortestCopy));
  }
  return CopyFinder(plain, shortest).find();
}

}  // namespace lmpack
