#include "lmpack/mixing/mixed_decoder.hpp"

#include <cstddef>
#include <string>
#include <utility>

#include "lmpack/error.hpp"
#include "lmpack/mixing/bit_interval.hpp"

namespace lmpack {

MixedDecoder::MixedDecoder(std::vector<std::uint8_t> payload, BlockLayout layout, DataKind kind)
    : layout_(layout),
      plain_(static_cast<std::size_t>(layout.length())),
      predictor_(plain_, layout, kind),
      coder_(std::move(payload)) {}

void MixedDecoder::decode(std::span<const std::int32_t> weights) {
  if (step_ == layout_.steps()) {
    throw InvalidArgument("all " + std::to_string(step_) + " steps of the block are decoded");
  }
  const std::size_t entries = static_cast<std::size_t>(layout_.lanes()) * kByteValues;
  if (!weights.empty() && weights.size() != entries) {
    throw InvalidArgument("a step needs " + std::to_string(entries) + " weights, not " +
                          std::to_string(weights.size()));
  }
  for (std::int64_t lane = 0; lane < layout_.active_lanes(step_); ++lane) {
    const auto row = static_cast<std::size_t>(lane);
    plain_[index_of(lane, step_)] = decode_byte(
        row, weights.empty() ? weights : weights.subspan(row * kByteValues, kByteValues));
    predictor_.finish_byte();
  }
  ++step_;
}

std::uint8_t MixedDecoder::decode_byte(std::size_t lane, std::span<const std::int32_t> weights) {
  predictor_.start_byte(lane);
  std::uint32_t prefix = 1;
  for (int i = 0; i < kBitsInByte; ++i) {
    const Probability model =
        weights.empty() ? kHalf : bit_probability(weights.first<kByteValues>(), prefix);
    const Probability p = predictor_.predict(model);
    const std::uint32_t bit = coder_.lies_below(share_of_one(p)) ? 1 : 0;
    coder_.consume(bit_interval(p, bit));
    predictor_.update(bit);
    prefix = prefix << 1 | bit;
  }
  return static_cast<std::uint8_t>(prefix);
}

std::uint8_t MixedDecoder::byte_of(std::int64_t lane) const {
  return lane < layout_.active_lanes(step_ - 1) ? plain_[index_of(lane, step_ - 1)] : 0;
}

std::vector<std::uint8_t> MixedDecoder::finish() {
  if (step_ != layout_.steps()) {
    throw InvalidArgument("the block can be finished after " + std::to_string(layout_.steps()) +
                          " steps, not after " + std::to_string(step_));
  }
  coder_.finish();
  return std::move(plain_);
}

}  // namespace lmpack
