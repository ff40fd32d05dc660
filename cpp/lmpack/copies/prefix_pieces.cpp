#include "lmpack/copies/prefix_pieces.hpp"

#include <algorithm>

namespace lmpack {
namespace {

// A table of 16 MiB at most, and nine bits of a hash beside numbers of 23 bits.
constexpr int kMostBits = 22;
constexpr int kTagBits = 9;
static_assert(PrefixPieces::kReach / kPiece + 1 < std::size_t{1} << (32 - kTagBits));

}  // namespace

PrefixPieces::PrefixPieces(std::span<const std::uint8_t> bytes)
    : bytes_(bytes.last(std::min(bytes.size(), kReach))),
      table_(bytes_.size(), kMostBits, kTagBits) {
  std::uint64_t hash = 0;
  for (std::size_t end = 0; end < bytes_.size();) {
    hash = piece_hash::with(hash, bytes_[end++]);
    if (end % kPiece == 0) table_.insert(hash, end - kPiece);
  }
}

}  // namespace lmpack
