#include "lmpack/mixed_block_codec.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "lmpack/engine/lane_batch.hpp"
#include "lmpack/fed_symbols.hpp"
#include "lmpack/mixing/byte_path.hpp"
#include "lmpack/mixing/mixed_decoder.hpp"
#include "lmpack/mixing/mixed_encoder.hpp"

namespace lmpack {
namespace {

// Codes all steps, kEncoderSteps at a time; paths(first, steps) is what the model says of them.
template <typename Paths>
std::vector<std::uint8_t> encode_in_pieces(MixedEncoder& coder, const Advance& advance,
                                           const Paths& paths) {
  const std::int64_t all = coder.layout().steps();
  for (std::int64_t first = 0; first < all; first += kEncoderSteps) {
    const std::int64_t steps = std::min(kEncoderSteps, all - first);
    coder.encode(paths(first, steps), steps);
    advance(first + steps);
  }
  return coder.finish();
}

// Decodes all steps; weights(step) is what the model says of one.
template <typename Weights>
std::vector<std::uint8_t> decode_in_steps(MixedDecoder& coder, const Advance& advance,
                                          const Weights& weights) {
  for (std::int64_t step = 0; step < coder.layout().steps(); ++step) {
    coder.decode(weights(step));
    if (step % kDecoderReport == 0) advance(step);
  }
  return coder.finish();
}

}  // namespace

std::vector<std::uint8_t> encode_mixed_block(const Engine* engine, ThreadTeam& team,
                                             std::span<const std::uint8_t> plain,
                                             BlockLayout layout, DataKind kind,
                                             const Advance& advance) {
  MixedEncoder coder(plain, layout, kind);
  std::vector<BytePath> paths;
  if (engine == nullptr) {
    return encode_in_pieces(coder, advance, [&](auto, auto) { return std::span(paths); });
  }
  check_models_bytes(*engine);
  const ThreadTeam::Seat seat(team);
  LaneBatch lanes(*engine, static_cast<std::size_t>(layout.lanes()));
  return encode_in_pieces(coder, advance, [&](std::int64_t first, std::int64_t steps) {
    const auto count = static_cast<std::size_t>(steps);
    paths.resize(lanes.lanes() * count);
    const auto fed = fed_symbols(plain, layout, first, steps, engine->shape().start_symbol());
    lanes.feed(fed, count, seat, [&](auto, std::size_t lane, std::size_t step, auto weights) {
      const std::size_t index =
          lane * static_cast<std::size_t>(layout.steps()) + static_cast<std::size_t>(first) + step;
      if (index >= plain.size()) return;
      paths[lane * count + step] = path_of(weights.template first<kByteValues>(), plain[index]);
    });
    return std::span<const BytePath>(paths);
  });
}

std::vector<std::uint8_t> decode_mixed_block(const Engine* engine, ThreadTeam& team,
                                             std::vector<std::uint8_t> payload, BlockLayout layout,
                                             DataKind kind, const Advance& advance) {
  MixedDecoder coder(std::move(payload), layout, kind);
  if (engine == nullptr) {
    return decode_in_steps(coder, advance,
                           [](std::int64_t) { return std::span<const std::int32_t>(); });
  }
  check_models_bytes(*engine);
  const ThreadTeam::Seat seat(team);
  LaneBatch lanes(*engine, static_cast<std::size_t>(layout.lanes()));
  std::vector<std::int32_t> weights(lanes.lanes() * kByteValues);
  std::vector<std::int32_t> symbols(lanes.lanes(), engine->shape().start_symbol());
  return decode_in_steps(coder, advance, [&](std::int64_t step) {
    for (std::size_t lane = 0; step > 0 && lane < symbols.size(); ++lane) {
      symbols[lane] = coder.byte_of(static_cast<std::int64_t>(lane));
    }
    lanes.feed(symbols, 1, seat, [&](auto, std::size_t lane, auto, auto row) {
      std::ranges::copy(row.first(kByteValues), weights.data() + lane * kByteValues);
    });
    return std::span<const std::int32_t>(weights);
  });
}

}  // namespace lmpack
