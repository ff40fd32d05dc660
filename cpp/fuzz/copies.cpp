// Lists of copies of whatever bytes, and the copies of whatever blocks.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "input.hpp"
#include "lmpack/copies/copy_finder.hpp"
#include "lmpack/copies/copy_list.hpp"
#include "lmpack/copies/copying.hpp"
#include "lmpack/error.hpp"

namespace {

using namespace lmpack;

std::vector<Copy> copies_of(const fuzz::Bytes& list, std::size_t length) {
  std::vector<Copy> copies;
  CopyReader reader(list, length);
  while (const auto copy = reader.next()) copies.push_back(*copy);
  return copies;
}

// A list is refused, or each byte of the block gets a value; then the list that is written of its
// copies is one of the same copies, and no longer.
void check_list(fuzz::Input& input) {
  const std::size_t length = 1 + input.word16() % 4096;
  const fuzz::Bytes list = input.rest(512);
  std::size_t left = 0;
  try {
    left = remainder_length(list, length);
  } catch (const DamagedStream&) {
    return;
  }
  if (left < 1 || left > length) std::abort();
  fuzz::Bytes plain(length);
  put_copies(list, fuzz::Bytes(left, 1), plain);
  if (plain != fuzz::Bytes(length, 1)) std::abort();
  const std::vector<Copy> copies = copies_of(list, length);
  const fuzz::Bytes written = list_of_copies(copies);
  if (written.size() > list.size() || copies_of(written, length) != copies) std::abort();
}

// A block comes back from its copies, which reach into the prefix, and what is left.
void check_copies(const fuzz::Bytes& plain, const fuzz::Bytes& prefix, std::size_t shortest) {
  const PrefixPieces pieces(prefix);
  const std::vector<Copy> copies = find_copies(plain, shortest, prefix.empty() ? nullptr : &pieces);
  fuzz::Bytes back(plain.size());
  put_copies(list_of_copies(copies), remainder_of(plain, copies), back, prefix);
  if (back != plain) std::abort();
}

// The input says of which earlier bytes a block is made, and where the block begins behind a
// prefix.
void check_block(fuzz::Input& input) {
  const std::size_t shortest = kShortestCopy + input.below(256);
  const fuzz::Bytes seeds = input.rest(256);
  fuzz::Bytes plain;
  for (const std::uint8_t seed : seeds) {
    plain.push_back(seed);
    if (seed % 4 != 0) continue;
    const std::size_t start = seed * seed % plain.size();
    for (std::size_t i = 0; i < seed; ++i) plain.push_back(plain[start + i]);
  }
  check_copies(plain, {}, shortest);
  const std::size_t first = plain.empty() ? 0 : seeds.front() * plain.size() / 256;
  check_copies({plain.begin() + static_cast<std::ptrdiff_t>(first), plain.end()},
               {plain.begin(), plain.begin() + static_cast<std::ptrdiff_t>(first)}, shortest);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  if (input.below(2) == 0) {
    check_list(input);
  } else {
    check_block(input);
  }
  return 0;
}
