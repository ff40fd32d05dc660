#include "lmpack/mixing/byte_path.hpp"

#include <algorithm>
#include <bit>
#include <string>

#include "lmpack/coder/frequencies.hpp"
#include "lmpack/error.hpp"

namespace lmpack {

void check_rows(std::span<const OddsRows> given, std::size_t models, std::size_t rows) {
  if (given.size() != models) {
    throw InvalidArgument("there must be odds of " + std::to_string(models) +
                          (models == 1 ? " model" : " models") + ", not of " +
                          std::to_string(given.size()));
  }
  for (const OddsRows& model : given) {
    check_models_bytes(model.vocabulary);
    if (model.odds.size() != rows * model.vocabulary) {
      throw InvalidArgument("these bytes need " + std::to_string(rows * model.vocabulary) +
                            " odds, not " + std::to_string(model.odds.size()));
    }
  }
}

Probability bit_probability(std::span<const std::int32_t, kByteValues> odds, std::uint32_t prefix) {
  const int known = static_cast<int>(std::bit_width(prefix)) - 1;
  const std::size_t half = (kByteValues / 2) >> known;
  const std::size_t first = (std::size_t{prefix} << (kBitsInByte - known)) - kByteValues;
  // 256 numbers below 2**24 fit into 32 bits.
  std::uint32_t zeros = 0;
  std::uint32_t ones = 0;
  for (std::size_t i = 0; i < half; ++i) {
    zeros += static_cast<std::uint32_t>(odds[first + i]);
    ones += static_cast<std::uint32_t>(odds[first + half + i]);
  }
  const std::uint64_t sum = std::uint64_t{zeros} + ones;
  if (sum == 0) return kHalf;
  const auto p = static_cast<Probability>((std::uint64_t{ones} << kProbabilityBits) / sum);
  return std::clamp(p, Probability{1}, kCertain);
}

BytePath path_of(std::span<const std::int32_t, kByteValues> odds, std::uint8_t byte) {
  BytePath path;
  std::uint32_t prefix = 1;
  for (int bit = 0; bit < kBitsInByte; ++bit) {
    path[static_cast<std::size_t>(bit)] = static_cast<std::uint16_t>(bit_probability(odds, prefix));
    prefix = prefix << 1 | (byte >> (kBitsInByte - 1 - bit) & 1U);
  }
  return path;
}

}  // namespace lmpack
