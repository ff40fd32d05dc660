#include "lmpack/mixing/mixed_decoder.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "lmpack/coder/frequencies.hpp"
#include "lmpack/error.hpp"
#include "lmpack/mixing/bit_interval.hpp"
#include "lmpack/mixing/byte_path.hpp"

namespace lmpack {

MixedDecoder::MixedDecoder(std::vector<std::uint8_t> payload, BlockLayout layout, Mixing mixing,
                           std::size_t models)
    : cursor_(layout),
      plain_(layout.length()),
      mixer_(own_mixer(plain_, layout, mixing, models)),
      coder_(std::move(payload)) {}

MixedDecoder::MixedDecoder(std::vector<std::uint8_t> payload, BlockLayout layout, MixerHandle mixer,
                           const GivenBytes& given)
    : cursor_(layout),
      plain_(layout.length()),
      given_(given),
      mixer_(std::move(mixer)),
      coder_(std::move(payload)) {
  check_given(given, layout.length());
  mixer_->go_on(plain_, layout);
}

void MixedDecoder::decode() {
  cursor_.check(1);
  check_rows({}, mixer_->models(), 0);
  cursor_.advance(1, [&](const Cell& cell) {
    plain_[cell.index] = decode_byte(cell, [](std::uint32_t, auto) {});
    mixer_->finish_byte();
  });
}

void MixedDecoder::decode(std::span<const OddsRows> models, std::span<std::int32_t> bytes) {
  decode(models, bytes, {[](std::size_t) {}, [](std::size_t, std::uint8_t) {}});
}

void MixedDecoder::decode(std::span<const OddsRows> models, std::span<std::int32_t> bytes,
                          const LaneTurns& turns) {
  const std::size_t lanes = layout().lanes();
  cursor_.check(1);
  check_rows(models, mixer_->models(), lanes);
  if (bytes.size() != lanes) {
    throw InvalidArgument("a step needs places for " + std::to_string(lanes) + " bytes, not for " +
                          std::to_string(bytes.size()));
  }
  std::ranges::fill(bytes, 0);
  cursor_.advance(1, [&](const Cell& cell) {
    turns.before(cell.lane);
    for (const OddsRows& model : models) check_odds(model.of_bytes(cell.lane));
    const std::uint8_t byte = decode_byte(cell, [&](std::uint32_t prefix, auto said) {
      for (std::size_t i = 0; i < models.size(); ++i) {
        said[i] = bit_probability(models[i].of_bytes(cell.lane), prefix);
      }
    });
    bytes[cell.lane] = plain_[cell.index] = byte;
    turns.after(cell.lane, byte);
    mixer_->finish_byte();
  });
}

std::vector<std::uint8_t> MixedDecoder::finish() {
  cursor_.finish([&] { coder_.finish(); });
  return std::move(plain_);
}

template <typename Say>
std::uint8_t MixedDecoder::decode_byte(const Cell& cell, const Say& say) {
  mixer_->start_byte(cell.lane);
  const bool is_given = given_.has(cell.index);
  std::array<Probability, kMostModels> all;
  const std::span said = std::span(all).first(mixer_->models());
  std::uint32_t prefix = 1;
  for (int i = 0; i < kBitsInByte; ++i) {
    say(prefix, said);
    const Probability p = mixer_->predict(said);
    std::uint32_t bit = 0;
    if (is_given) {
      bit = given_.plain[cell.index] >> (kBitsInByte - 1 - i) & 1U;
    } else {
      bit = coder_.lies_below(share_of_one(p)) ? 1 : 0;
      coder_.consume(bit_interval(p, bit));
    }
    mixer_->update(bit);
    prefix = prefix << 1 | bit;
  }
  return static_cast<std::uint8_t>(prefix);
}

}  // namespace lmpack
