#include "lmpack/mixing/likely_stride.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <vector>

namespace lmpack {
namespace {

constexpr std::size_t kLargestStride = 2048;
constexpr std::size_t kLargestRow = 16384;
constexpr std::size_t kFewestPixels = 16;  // of a row

// How many bytes are compared with those before them, to choose distances and to judge them.
constexpr std::size_t kPieces = 4;
constexpr std::size_t kPiece = 512;
constexpr std::size_t kSample = 16384;

// So many distances are judged.
constexpr std::size_t kMostJudged = 32;

// Larger differences count as this one: they say only that bytes have nothing in common.
constexpr std::uint8_t kLargestDifference = 32;

// A stride must be so much better than those beside it, in percent.
constexpr std::uint64_t kShareOfNeighbours = 97;

// A part of a stride is taken in its place if it is at most so much worse, in percent.
constexpr std::uint64_t kShareOfMultiple = 150;

// How much two sequences of bytes differ. Sums of 16 bits that stand side by side make a loop that
// compilers turn into vectors.
std::uint32_t difference_of(const std::uint8_t* one, const std::uint8_t* other, std::size_t size) {
  constexpr std::size_t kLanes = 16;
  static_assert(kSample / kLanes * kLargestDifference <= std::numeric_limits<std::uint16_t>::max());
  std::array<std::uint16_t, kLanes> sums{};
  for (std::size_t i = 0; i + kLanes <= size; i += kLanes) {
    for (std::size_t k = 0; k < kLanes; ++k) {
      const auto up = static_cast<std::uint8_t>(one[i + k] - other[i + k]);
      const auto down = static_cast<std::uint8_t>(other[i + k] - one[i + k]);
      const std::uint8_t smaller = up < down ? up : down;
      sums[k] = static_cast<std::uint16_t>(
          sums[k] + (smaller < kLargestDifference ? smaller : kLargestDifference));
    }
  }
  std::uint32_t sum = 0;
  for (const std::uint16_t part : sums) sum += part;
  return sum;
}

// How much the bytes from the middle of a block on differ from those before them.
class Differences {
 public:
  // For distances up to `largest`.
  Differences(std::span<const std::uint8_t> plain, std::size_t largest)
      : plain_(plain),
        first_(std::max(largest, plain.size() / 2)),
        size_(std::min(kSample, plain.size() - first_)) {}

  // By some of the bytes.
  std::uint32_t rough(std::size_t distance) const {
    if (size_ <= kPieces * kPiece) return exact(distance);
    std::uint32_t sum = 0;
    for (std::size_t piece = 0; piece < kPieces; ++piece) {
      sum += between(first_ + (size_ - kPiece) / (kPieces - 1) * piece, kPiece, distance);
    }
    return sum;
  }

  std::uint32_t exact(std::size_t distance) const { return between(first_, size_, distance); }

 private:
  std::uint32_t between(std::size_t start, std::size_t size, std::size_t distance) const {
    return difference_of(&plain_[start], &plain_[start - distance], size);
  }

  std::span<const std::uint8_t> plain_;
  std::size_t first_;  // starts of blocks are often headers
  std::size_t size_;
};

// Whether it is so much smaller than both beside it.
bool stands_out(std::uint64_t difference, std::uint64_t before, std::uint64_t behind) {
  return difference * 100 < std::min(before, behind) * kShareOfNeighbours;
}

// The multiples of `step`, from `smallest` to `largest`, that stand out, the best ones if there are
// many, in ascending order.
std::vector<std::size_t> outstanding_distances(const Differences& differences, std::size_t smallest,
                                               std::size_t largest, std::size_t step) {
  if (largest < smallest + 2 * step) return {};
  std::vector<std::uint32_t> rough;
  for (std::size_t distance = smallest - step; distance <= largest; distance += step) {
    rough.push_back(differences.rough(distance));
  }
  std::vector<std::size_t> judged;  // indices
  for (std::size_t i = 1; i + 1 < rough.size(); ++i) {
    if (stands_out(rough[i], rough[i - 1], rough[i + 1])) judged.push_back(i);
  }
  if (judged.size() > kMostJudged) {
    std::ranges::stable_sort(judged, {}, [&](std::size_t i) { return rough[i]; });
    judged.resize(kMostJudged);
    std::ranges::sort(judged);
  }
  std::vector<std::size_t> outstanding;
  for (const std::size_t i : judged) {
    const std::size_t distance = smallest + (i - 1) * step;
    if (stands_out(differences.exact(distance), differences.exact(distance - step),
                   differences.exact(distance + step))) {
      outstanding.push_back(distance);
    }
  }
  return outstanding;
}

}  // namespace

std::uint32_t likely_stride(std::span<const std::uint8_t> plain) {
  const std::size_t largest = std::min(kLargestStride, plain.size() / 4);
  if (largest < 4) return 0;
  const Differences differences(plain, largest);
  const auto outstanding = outstanding_distances(differences, 2, largest, 1);
  if (outstanding.empty()) return 0;
  const auto difference = [&](std::size_t stride) { return differences.exact(stride); };
  const std::size_t best = std::ranges::min(outstanding, {}, difference);
  // Rows that are alike in pairs look as if they had twice their length.
  const std::uint64_t most = std::uint64_t{difference(best)} * kShareOfMultiple;
  const auto smallest = std::ranges::find_if(outstanding, [&](std::size_t stride) {
    return best % stride == 0 && std::uint64_t{difference(stride)} * 100 <= most;
  });
  return static_cast<std::uint32_t>(*smallest);
}

std::uint32_t likely_row(std::span<const std::uint8_t> plain, std::uint32_t pixel) {
  const std::size_t largest = std::min(kLargestRow, plain.size() / 4);
  const std::size_t smallest = kFewestPixels * pixel;
  if (largest < smallest) return 0;
  const Differences differences(plain, largest);
  const auto outstanding = outstanding_distances(differences, smallest, largest, pixel);
  if (outstanding.empty()) return 0;
  return static_cast<std::uint32_t>(std::ranges::min(
      outstanding, {}, [&](std::size_t distance) { return differences.exact(distance); }));
}

}  // namespace lmpack
