// Where pieces of a block stood, by their hashes.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace lmpack {

// Bytes of a piece.
inline constexpr std::size_t kPiece = 64;

namespace piece_hash {

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

inline constexpr auto kNumbers = random_numbers();

// The hash of the last 64 bytes, with one more. As it is shifted by one at each byte, it forgets
// what is further back.
inline std::uint64_t with(std::uint64_t hash, std::uint8_t byte) {
  return (hash << 1) + kNumbers[byte];
}

}  // namespace piece_hash

// The pieces that start at multiples of kPiece, or some of them: a later one takes the place of an
// earlier one.
class PieceTable {
 public:
  // For so many bytes, which have fewer than 2**(32 - tag_bits) - 1 pieces. most_bits: log2 of the
  // most slots.
  PieceTable(std::size_t length, int most_bits, int tag_bits)
      : bits_(std::clamp(static_cast<int>(std::bit_width(kSlotsPerPiece * length / kPiece)),
                         kLeastBits, most_bits)),
        tag_bits_(tag_bits),
        slots_(std::size_t{1} << bits_) {}

  void insert(std::uint64_t hash, std::size_t start) {
    const auto piece = static_cast<std::uint32_t>(start / kPiece + 1);
    slots_[slot(hash)] = piece << tag_bits_ | tag(hash);
  }

  // Whether there may be a piece of this hash; `start` is set to where it stands.
  bool find(std::uint64_t hash, std::size_t& start) const {
    const std::uint32_t entry = slots_[slot(hash)];
    const std::uint32_t piece = entry >> tag_bits_;
    if (piece == 0 || (entry & mask()) != tag(hash)) return false;
    start = (piece - 1) * std::size_t{kPiece};
    return true;
  }

 private:
  // In longer blocks each piece has fewer: 2 in the longest ones.
  static constexpr std::size_t kSlotsPerPiece = 16;
  static constexpr int kLeastBits = 14;

  std::size_t slot(std::uint64_t hash) const { return hash >> (64 - bits_); }
  std::uint32_t mask() const { return (1U << tag_bits_) - 1; }
  std::uint32_t tag(std::uint64_t hash) const {
    return static_cast<std::uint32_t>(hash >> 32) & mask();
  }

  int bits_;
  int tag_bits_;  // an entry is the number of the piece, from 1 on, above so many of its hash
  std::vector<std::uint32_t> slots_;
};

}  // namespace lmpack
