#include "lmpack/mixing/mixed_decoder.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "lmpack/coder/frequencies.hpp"
#include "lmpack/error.hpp"
#include "lmpack/mixing/bit_interval.hpp"
#include "lmpack/mixing/byte_path.hpp"

namespace lmpack {

MixedDecoder::MixedDecoder(std::vector<std::uint8_t> payload, BlockLayout layout, DataKind kind)
    : cursor_(layout),
      plain_(layout.length()),
      mixer_(plain_, layout, kind),
      coder_(std::move(payload)) {}

void MixedDecoder::decode() {
  cursor_.check(1);
  cursor_.advance(1, [&](const Cell& cell) {
    plain_[cell.index] = decode_byte(cell.lane, [](std::uint32_t) { return kHalf; });
    mixer_.finish_byte();
  });
}

void MixedDecoder::decode(std::span<const std::int32_t> odds, std::size_t vocabulary,
                          std::span<std::int32_t> bytes) {
  check_sizes(odds.size(), vocabulary, bytes.size());
  std::ranges::fill(bytes, 0);
  cursor_.advance(1, [&](const Cell& cell) {
    const auto row = odds.subspan(cell.lane * vocabulary).first<kByteValues>();
    check_odds(row);
    const std::uint8_t byte =
        decode_byte(cell.lane, [&](std::uint32_t prefix) { return bit_probability(row, prefix); });
    bytes[cell.lane] = plain_[cell.index] = byte;
    mixer_.finish_byte();
  });
}

std::vector<std::uint8_t> MixedDecoder::finish() {
  cursor_.finish([&] { coder_.finish(); });
  return std::move(plain_);
}

void MixedDecoder::check_sizes(std::size_t odds, std::size_t vocabulary, std::size_t bytes) const {
  check_models_bytes(vocabulary);
  cursor_.check(1);
  const std::size_t lanes = layout().lanes();
  if (bytes != lanes || odds != lanes * vocabulary) {
    throw InvalidArgument("a step needs " + std::to_string(lanes * vocabulary) + " odds for " +
                          std::to_string(lanes) + " bytes, not " + std::to_string(odds) + " for " +
                          std::to_string(bytes));
  }
}

template <typename Model>
std::uint8_t MixedDecoder::decode_byte(std::size_t lane, const Model& model) {
  mixer_.start_byte(lane);
  std::uint32_t prefix = 1;
  for (int i = 0; i < kBitsInByte; ++i) {
    const Probability p = mixer_.predict(model(prefix));
    const std::uint32_t bit = coder_.lies_below(share_of_one(p)) ? 1 : 0;
    coder_.consume(bit_interval(p, bit));
    mixer_.update(bit);
    prefix = prefix << 1 | bit;
  }
  return static_cast<std::uint8_t>(prefix);
}

}  // namespace lmpack
