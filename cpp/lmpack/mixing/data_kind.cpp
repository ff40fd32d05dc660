#include "lmpack/mixing/data_kind.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace lmpack {
namespace {

constexpr std::size_t kLargestTried = 2048;

// How many bytes are compared with those before them.
constexpr std::size_t kSample = 16384;

// Larger differences count as this one: they say only that bytes have nothing in common.
constexpr std::uint8_t kLargestDifference = 32;

// A stride must be so much better than those beside it, in percent.
constexpr std::uint64_t kShareOfNeighbours = 97;

// A part of a stride is taken in its place if it is at most so much worse, in percent.
constexpr std::uint64_t kShareOfMultiple = 150;

// How much bytes differ from those one stride before.
std::uint64_t difference_at(std::span<const std::uint8_t> plain, std::size_t first,
                            std::size_t stride) {
  std::uint64_t sum = 0;
  const std::size_t end = std::min(plain.size(), first + kSample);
  for (std::size_t i = first; i < end; ++i) {
    const auto up = static_cast<std::uint8_t>(plain[i] - plain[i - stride]);
    const auto down = static_cast<std::uint8_t>(plain[i - stride] - plain[i]);
    sum += std::min({up, down, kLargestDifference});
  }
  return sum;
}

}  // namespace

std::uint32_t likely_stride(std::span<const std::uint8_t> plain) {
  const std::size_t largest = std::min(kLargestTried, plain.size() / 4);
  // From the middle on: starts are often headers.
  const std::size_t first = std::max(largest, plain.size() / 2);
  std::vector<std::uint64_t> differences = {0};
  for (std::size_t stride = 1; stride <= largest; ++stride) {
    differences.push_back(difference_at(plain, first, stride));
  }
  std::vector<std::size_t> outstanding;
  for (std::size_t stride = 2; stride + 1 < differences.size(); ++stride) {
    const std::uint64_t beside = std::min(differences[stride - 1], differences[stride + 1]);
    if (differences[stride] * 100 < beside * kShareOfNeighbours) outstanding.push_back(stride);
  }
  if (outstanding.empty()) return 0;
  const auto difference = [&](std::size_t stride) { return differences[stride]; };
  const std::size_t best = std::ranges::min(outstanding, {}, difference);
  // Rows that are alike in pairs look as if they had twice their length.
  const auto smallest = std::ranges::find_if(outstanding, [&](std::size_t stride) {
    return best % stride == 0 && difference(stride) * 100 <= difference(best) * kShareOfMultiple;
  });
  return static_cast<std::uint32_t>(*smallest);
}

}  // namespace lmpack
