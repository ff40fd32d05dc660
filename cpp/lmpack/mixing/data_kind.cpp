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
  std::size_t best = 0;
  for (std::size_t stride = 2; stride + 1 < differences.size(); ++stride) {
    const std::uint64_t beside = std::min(differences[stride - 1], differences[stride + 1]);
    const bool stands_out = differences[stride] * 100 < beside * kShareOfNeighbours;
    if (stands_out && (best == 0 || differences[stride] < differences[best])) best = stride;
  }
  return static_cast<std::uint32_t>(best);
}

}  // namespace lmpack
