#include "lmpack/filters/delta.hpp"

#include <algorithm>

#include "lmpack/filters/progress.hpp"

namespace lmpack {
namespace {

std::uint64_t read_little(std::span<const std::uint8_t> bytes) {
  std::uint64_t number = 0;
  for (std::size_t k = 0; k < bytes.size(); ++k) number |= std::uint64_t{bytes[k]} << 8 * k;
  return number;
}

void write_little(std::uint64_t number, std::span<std::uint8_t> bytes) {
  for (std::size_t k = 0; k < bytes.size(); ++k) {
    bytes[k] = static_cast<std::uint8_t>(number >> 8 * k);
  }
}

}  // namespace

Delta::Delta(std::span<const std::uint8_t> parameters) {
  check_parameters(parameters, 2);
  width_ = parameters[0];
  stride_ = parameters[1];
  require_parameter(width_ == 2 || width_ == 4 || width_ == 8,
                    "numbers whose differences are taken have 2, 4 or 8 bytes");
  require_parameter(stride_ != 0 && stride_ % width_ == 0,
                    "the distance of numbers must be a multiple of their bytes");
}

template <Direction direction>
void Delta::transform(std::vector<std::uint8_t>& bytes, const StepsDone& steps_done) const {
  FilterProgress progress(steps_done);
  // The numbers of the record before, in a ring.
  std::vector<std::uint64_t> before(stride_ / width_);
  std::size_t column = 0;
  for (std::size_t i = 0; i + width_ <= bytes.size(); i += width_) {
    progress.at(i);
    const std::span<std::uint8_t> place(&bytes[i], width_);
    if constexpr (direction == Direction::kForward) {
      const std::uint64_t number = read_little(place);
      write_little(number - before[column], place);
      std::ranges::reverse(place);
      before[column] = number;
    } else {
      std::ranges::reverse(place);
      before[column] += read_little(place);
      write_little(before[column], place);
    }
    column = (column + 1) % before.size();
  }
}

template void Delta::transform<Direction::kForward>(std::vector<std::uint8_t>&,
                                                    const StepsDone&) const;
template void Delta::transform<Direction::kBack>(std::vector<std::uint8_t>&,
                                                 const StepsDone&) const;

}  // namespace lmpack
