#include "lmpack/mixing/mixed_encoder.hpp"

#include <array>
#include <string>

#include "lmpack/coder/frequencies.hpp"
#include "lmpack/error.hpp"
#include "lmpack/mixing/bit_interval.hpp"

namespace lmpack {
MixedEncoder::MixedEncoder(std::span<const std::uint8_t> plain, BlockLayout layout, Mixing mixing,
                           std::size_t models, std::size_t tables_for)
    : plain_(plain), cursor_(layout), mixer_(own_mixer(plain, layout, mixing, models, tables_for)) {
  check_length();
}

MixedEncoder::MixedEncoder(std::span<const std::uint8_t> plain, BlockLayout layout,
                           MixerHandle mixer, const GivenBytes& given)
    : plain_(plain), given_(given), cursor_(layout), mixer_(std::move(mixer)) {
  check_length();
  check_given(given, plain.size());
  mixer_->go_on(plain, layout);
}

void MixedEncoder::check_length() const {
  if (plain_.size() != layout().length()) {
    throw InvalidArgument("the block must have " + std::to_string(layout().length()) +
                          " bytes, not " + std::to_string(plain_.size()));
  }
}

void MixedEncoder::encode(std::size_t steps) {
  cursor_.check(steps);
  check_rows({}, mixer_->models(), 0);
  cursor_.advance(steps, [&](const Cell& cell) { encode_byte(cell, {}); });
}

void MixedEncoder::encode(std::span<const OddsRows> models, std::size_t steps) {
  cursor_.check(steps);
  check_rows(models, mixer_->models(), layout().lanes() * steps);
  std::array<BytePath, kMostModels> paths;
  cursor_.advance(steps, [&](const Cell& cell) {
    for (std::size_t i = 0; i < models.size(); ++i) {
      const auto row = models[i].of_bytes(cell.entry);
      check_odds(row);
      paths[i] = path_of(row, plain_[cell.index]);
    }
    encode_byte(cell, paths);
  });
}

void MixedEncoder::encode(std::span<const BytePath> paths, std::size_t steps) {
  cursor_.check(steps);
  const std::size_t models = mixer_->models();
  const std::size_t expected = layout().lanes() * steps * models;
  if (paths.size() != expected) {
    throw InvalidArgument("these steps need " + std::to_string(expected) + " paths, not " +
                          std::to_string(paths.size()));
  }
  cursor_.advance(steps, [&](const Cell& cell) {
    encode_byte(cell, paths.subspan(cell.entry * models, models));
  });
}

std::vector<std::uint8_t> MixedEncoder::finish() {
  std::vector<std::uint8_t> payload;
  cursor_.finish([&] { payload = coder_.finish(); });
  return payload;
}

void MixedEncoder::encode_byte(const Cell& cell, std::span<const BytePath> paths) {
  mixer_->start_byte(cell.lane);
  std::array<Probability, kMostModels> all;
  const std::span said = std::span(all).first(mixer_->models());
  for (int i = 0; i < kBitsInByte; ++i) {
    const std::uint32_t bit = plain_[cell.index] >> (kBitsInByte - 1 - i) & 1U;
    for (std::size_t model = 0; model < said.size(); ++model) {
      said[model] = paths[model][static_cast<std::size_t>(i)];
    }
    const Probability p = mixer_->predict(said);
    if (!given_.has(cell.index)) coder_.encode(bit_interval(p, bit));
    mixer_->update(bit);
  }
  mixer_->finish_byte();
}

}  // namespace lmpack
