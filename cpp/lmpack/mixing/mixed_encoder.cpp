#include "lmpack/mixing/mixed_encoder.hpp"

#include <cstddef>
#include <string>

#include "lmpack/error.hpp"
#include "lmpack/mixing/bit_interval.hpp"

namespace lmpack {
namespace {

constexpr BytePath kNoModel = [] {
  BytePath path{};
  path.fill(kHalf);
  return path;
}();

}  // namespace

MixedEncoder::MixedEncoder(std::span<const std::uint8_t> plain, BlockLayout layout, DataKind kind)
    : plain_(plain), layout_(layout), predictor_(plain, layout, kind) {
  if (static_cast<std::int64_t>(plain.size()) != layout.length()) {
    throw InvalidArgument("the block must have " + std::to_string(layout.length()) +
                          " bytes, not " + std::to_string(plain.size()));
  }
}

void MixedEncoder::encode(std::span<const BytePath> paths, std::int64_t steps) {
  const std::int64_t left = layout_.steps() - step_;
  if (steps < 0 || steps > left) {
    throw InvalidArgument("the block has " + std::to_string(left) + " steps left, not " +
                          std::to_string(steps));
  }
  const auto cells = static_cast<std::size_t>(layout_.lanes() * steps);
  if (!paths.empty() && paths.size() != cells) {
    throw InvalidArgument("these steps need " + std::to_string(cells) + " predictions, not " +
                          std::to_string(paths.size()));
  }
  for (std::int64_t step = 0; step < steps; ++step) {
    const std::int64_t active = layout_.active_lanes(step_ + step);
    for (std::int64_t lane = 0; lane < active; ++lane) {
      const auto index = static_cast<std::size_t>(lane * layout_.steps() + step_ + step);
      const auto cell = static_cast<std::size_t>(lane * steps + step);
      encode_byte(static_cast<std::size_t>(lane), index, paths.empty() ? kNoModel : paths[cell]);
    }
  }
  step_ += steps;
}

void MixedEncoder::encode_byte(std::size_t lane, std::size_t index, const BytePath& path) {
  predictor_.start_byte(lane);
  for (int i = 0; i < kBitsInByte; ++i) {
    const std::uint32_t bit = plain_[index] >> (kBitsInByte - 1 - i) & 1U;
    coder_.encode(bit_interval(predictor_.predict(path[static_cast<std::size_t>(i)]), bit));
    predictor_.update(bit);
  }
  predictor_.finish_byte();
}

std::vector<std::uint8_t> MixedEncoder::finish() {
  if (step_ != layout_.steps()) {
    throw InvalidArgument("the block can be finished after " + std::to_string(layout_.steps()) +
                          " steps, not after " + std::to_string(step_));
  }
  return coder_.finish();
}

}  // namespace lmpack
