#include "lmpack/filters/number_bits.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "lmpack/error.hpp"
#include "lmpack/exact_floats.hpp"

namespace lmpack {
namespace {

// About the logarithm to base 2 of a number of 1 and more.
std::int64_t logarithm(double number) {
  // Of a number m * 2**e with m of 0.5 to 1 that is about e + 2 m - 2.
  int exponent = 0;
  const double fraction = std::frexp(number, &exponent);
  return static_cast<std::int64_t>(fraction * (2 * kBitUnits)) + kBitUnits * (exponent - 2);
}

// Counted from the middle of their range, modulo 2^64.
std::vector<std::uint64_t> numbers_of(std::span<const std::uint8_t> bytes, NumberFormat format) {
  const std::uint64_t half = std::uint64_t{1} << (8 * format.width - 1);
  std::vector<std::uint64_t> numbers(bytes.size() / format.width);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    std::uint64_t number = 0;
    for (std::size_t k = 0; k < format.width; ++k) {
      const std::size_t place = format.is_big_endian ? format.width - 1 - k : k;
      number |= std::uint64_t{bytes[i * format.width + place]} << 8 * k;
    }
    numbers[i] = (format.is_signed ? number ^ half : number) - half;
  }
  return numbers;
}

std::uint64_t middle_of(const std::vector<std::uint64_t>& numbers) {
  std::vector<std::int64_t> sorted(numbers.begin(), numbers.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::ranges::nth_element(sorted, middle);
  return static_cast<std::uint64_t>(*middle);
}

}  // namespace

std::int64_t number_bits(std::span<const std::uint8_t> bytes, NumberFormat format,
                         std::size_t distance) {
  if (format.width < 1 || format.width > 8) throw InvalidArgument("numbers have 1 to 8 bytes");
  const std::vector<std::uint64_t> numbers = numbers_of(bytes, format);
  std::int64_t total = 0;
  std::int64_t count = 0;
  const std::uint64_t middle = distance == 0 && !numbers.empty() ? middle_of(numbers) : 0;
  for (std::size_t i = distance; i < numbers.size(); ++i, ++count) {
    const std::uint64_t expected = distance == 0 ? middle : numbers[i - distance];
    // The sign takes a bit, too. A float, as twice a number of 64 bits may be none.
    const auto difference = static_cast<double>(static_cast<std::int64_t>(numbers[i] - expected));
    total += logarithm(1.0 + 2.0 * std::abs(difference));
  }
  return total / std::max<std::int64_t>(count, 1) + 2 * kBitUnits;
}

std::int64_t frequency_bits(std::span<const std::uint8_t> bytes, std::size_t width,
                            std::int64_t more) {
  if (width < 1) throw InvalidArgument("numbers have at least one byte");
  const std::size_t count = bytes.size() / width;
  std::int64_t total = 0;
  for (std::size_t place = 0; place < width; ++place) {
    std::array<std::int64_t, 256> counts{};
    for (std::size_t i = 0; i < count; ++i) ++counts[bytes[i * width + place]];
    for (const std::int64_t each : counts) {
      if (each == 0) continue;
      total +=
          each * (logarithm(static_cast<double>(count)) - logarithm(static_cast<double>(each)));
      total += more;
    }
  }
  return total;
}

}  // namespace lmpack
