#include "lmpack/mixing/mixed_encoder.hpp"

#include <string>

#include "lmpack/coder/frequencies.hpp"
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
    : plain_(plain), cursor_(layout), mixer_(plain, layout, kind) {
  if (plain.size() != layout.length()) {
    throw InvalidArgument("the block must have " + std::to_string(layout.length()) +
                          " bytes, not " + std::to_string(plain.size()));
  }
}

void MixedEncoder::encode(std::size_t steps) {
  cursor_.check(steps);
  cursor_.advance(steps, [&](const Cell& cell) { encode_byte(cell, kNoModel); });
}

void MixedEncoder::encode(std::span<const std::int32_t> odds, std::size_t vocabulary,
                          std::size_t steps) {
  check_models_bytes(vocabulary);
  check_size(odds.size(), vocabulary, "odds", steps);
  cursor_.advance(steps, [&](const Cell& cell) {
    const auto row = odds.subspan(cell.entry * vocabulary).first<kByteValues>();
    check_odds(row);
    encode_byte(cell, path_of(row, plain_[cell.index]));
  });
}

void MixedEncoder::encode(std::span<const BytePath> paths, std::size_t steps) {
  check_size(paths.size(), 1, "paths", steps);
  cursor_.advance(steps, [&](const Cell& cell) { encode_byte(cell, paths[cell.entry]); });
}

std::vector<std::uint8_t> MixedEncoder::finish() {
  std::vector<std::uint8_t> payload;
  cursor_.finish([&] { payload = coder_.finish(); });
  return payload;
}

void MixedEncoder::check_size(std::size_t given, std::size_t for_each, const char* name,
                              std::size_t steps) const {
  cursor_.check(steps);
  const std::size_t expected = layout().lanes() * steps * for_each;
  if (given != expected) {
    throw InvalidArgument("these steps need " + std::to_string(expected) + " " + name + ", not " +
                          std::to_string(given));
  }
}

void MixedEncoder::encode_byte(const Cell& cell, const BytePath& path) {
  mixer_.start_byte(cell.lane);
  for (int i = 0; i < kBitsInByte; ++i) {
    const std::uint32_t bit = plain_[cell.index] >> (kBitsInByte - 1 - i) & 1U;
    coder_.encode(bit_interval(mixer_.predict(path[static_cast<std::size_t>(i)]), bit));
    mixer_.update(bit);
  }
  mixer_.finish_byte();
}

}  // namespace lmpack
