#include "lmpack/tokens/token_block_encoder.hpp"

#include <algorithm>
#include <string>

#include "lmpack/coder/bytes.hpp"
#include "lmpack/error.hpp"
#include "lmpack/mixing/bit_interval.hpp"

namespace lmpack {

TokenBlockEncoder::TokenBlockEncoder(const TokenTable& table, std::span<const std::uint8_t> plain,
                                     BlockLayout layout, std::span<const std::int32_t> tokens,
                                     std::span<const std::int32_t> counts,
                                     std::optional<Mixing> mixing)
    : table_(table), layout_(layout), mixer_(plain, layout, mixing) {
  if (plain.size() != layout.length() || counts.size() != layout.lanes()) {
    throw InvalidArgument("the block must have " + std::to_string(layout.length()) +
                          " bytes and counts of " + std::to_string(layout.lanes()) +
                          " lanes, not " + std::to_string(plain.size()) + " and " +
                          std::to_string(counts.size()));
  }
  for (std::size_t lane = 0; lane < layout.lanes(); ++lane) {
    if (counts[lane] < 0 || static_cast<std::size_t>(counts[lane]) > tokens.size()) {
      throw InvalidArgument("the lanes have more tokens than there are");
    }
    const auto count = static_cast<std::size_t>(counts[lane]);
    const auto bytes = plain.subspan(layout.index(lane, 0), layout.length_of(lane));
    lanes_.push_back(placed(lane, bytes, tokens.first(count)));
    tokens = tokens.subspan(count);
  }
  if (!tokens.empty()) throw InvalidArgument("there are more tokens than the lanes have");
}

std::size_t TokenBlockEncoder::steps() const {
  return std::ranges::max(lanes_, {}, [](const auto& lane) { return lane.size(); }).size();
}

void TokenBlockEncoder::find_path(std::size_t lane, std::size_t step, const WeightSums& sums,
                                  TokenPath& path) const {
  const PlacedToken& placed = lanes_[lane][step];
  lmpack::find_path(table_, sums, placed.token, placed.rest, path);
}

void TokenBlockEncoder::encode(std::span<const std::int32_t> weights, std::size_t steps) {
  check(weights.size(), table_.size(), "weights", steps);
  WeightSums sums(table_.size());
  TokenPath path;
  state_.advance([&] {
    for (std::size_t step = 0; step < steps; ++step) {
      for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
        if (!has(lane, step_ + step)) continue;
        const std::size_t entry = lane * steps + step;
        sums.assign(weights.subspan(entry * table_.size(), table_.size()));
        find_path(lane, step_ + step, sums, path);
        encode_token(lane, path);
      }
    }
    step_ += steps;
  });
}

void TokenBlockEncoder::encode(std::span<const TokenPath> paths, std::size_t steps) {
  check(paths.size(), 1, "paths", steps);
  state_.advance([&] {
    for (std::size_t step = 0; step < steps; ++step) {
      for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
        if (has(lane, step_ + step)) encode_token(lane, paths[lane * steps + step]);
      }
    }
    step_ += steps;
  });
}

std::vector<std::uint8_t> TokenBlockEncoder::finish() {
  state_.check();
  if (step_ != steps()) {
    throw InvalidArgument("the block can be finished after " + std::to_string(steps()) +
                          " steps, not after " + std::to_string(step_));
  }
  std::vector<std::uint8_t> payload;
  state_.finish([&] { payload = coder_.finish(); });
  return payload;
}

std::vector<TokenBlockEncoder::PlacedToken> TokenBlockEncoder::placed(
    std::size_t lane, std::span<const std::uint8_t> rest,
    std::span<const std::int32_t> tokens) const {
  std::vector<PlacedToken> result;
  result.reserve(tokens.size());
  for (const std::int32_t number : tokens) {
    const auto token = static_cast<std::size_t>(number);
    if (number < 0 || token >= table_.size()) {
      throw InvalidArgument("tokens must be 0 to " + std::to_string(table_.size() - 1) + ", not " +
                            std::to_string(number));
    }
    const auto bytes = table_.token(token);
    if (bytes.size() > rest.size() || !std::ranges::equal(bytes, rest.first(bytes.size()))) {
      throw InvalidArgument("the tokens of lane " + std::to_string(lane) + " are not its bytes");
    }
    result.push_back({static_cast<std::uint32_t>(token), static_cast<std::uint32_t>(rest.size())});
    rest = rest.subspan(bytes.size());
  }
  if (!rest.empty()) {
    throw InvalidArgument("the tokens of lane " + std::to_string(lane) + " end " +
                          std::to_string(rest.size()) + " bytes before the lane does");
  }
  return result;
}

void TokenBlockEncoder::check(std::size_t given, std::size_t for_each, const char* name,
                              std::size_t steps) const {
  state_.check();
  if (steps > this->steps() - step_) {
    throw InvalidArgument("the block has " + std::to_string(this->steps() - step_) +
                          " steps left, not " + std::to_string(steps));
  }
  const std::size_t expected = lanes_.size() * steps * for_each;
  if (given != expected) {
    throw InvalidArgument("these steps need " + std::to_string(expected) + " " + name + ", not " +
                          std::to_string(given));
  }
}

void TokenBlockEncoder::encode_token(std::size_t lane, const TokenPath& path) {
  mixer_.start_token(lane);
  int bits = 0;
  for (const TokenDecision& decision : path) {
    const std::uint32_t bit = decision.bit ? 1 : 0;
    if (decision.is_end) {
      coder_.encode(bit_interval(mixer_.predict_end(decision.model), bit));
      mixer_.update_end(bit);
      continue;
    }
    if (bits == 0) mixer_.start_byte();
    const Probability p = mixer_.predict_bit(decision.model);
    if (decision.is_open) coder_.encode(bit_interval(p, bit));
    mixer_.update_bit(bit);
    if (++bits == kBitsInByte) {
      mixer_.finish_byte();
      bits = 0;
    }
  }
}

}  // namespace lmpack
