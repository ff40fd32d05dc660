// What every kind of block has to keep, whatever comes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "input.hpp"
#include "lmpack/coder/block_layout.hpp"
#include "lmpack/error.hpp"

namespace lmpack::fuzz {

// Few enough for hundreds of blocks a second under sanitizers; matches and several lanes fit in.
inline constexpr std::size_t kMostBytes = 24;

inline BlockLayout layout_for(Input& input, std::size_t length) {
  const std::size_t lane_length = 1 + input.below(length);
  return {static_cast<std::int64_t>(length), static_cast<std::int64_t>(lane_length)};
}

// Any bytes come back.
template <typename Encode, typename Decode>
void check_round_trip(Input& input, const Encode& encode, const Decode& decode) {
  const std::size_t lanes_choice = input.below(kMostBytes);
  const Bytes plain = input.rest(kMostBytes);
  if (plain.empty()) return;
  const auto length = static_cast<std::int64_t>(plain.size());
  const BlockLayout layout(length, 1 + static_cast<std::int64_t>(lanes_choice) % length);
  if (decode(encode(plain, layout), layout) != plain) std::abort();
}

// Any payload is either refused or the very one that the encoder writes for what it decodes to.
template <typename Encode, typename Decode>
void check_payload(Input& input, const Encode& encode, const Decode& decode) {
  const BlockLayout layout = layout_for(input, 1 + input.below(kMostBytes));
  const Bytes payload = input.rest(kMostBytes);
  Bytes plain;
  try {
    plain = decode(payload, layout);
  } catch (const DamagedStream&) {
    return;
  }
  if (encode(plain, layout) != payload) std::abort();
}

// The first byte of the input chooses one of the two. encode(plain, layout) gives a payload,
// decode(payload, layout) the bytes.
template <typename Encode, typename Decode>
void check_block(Input& input, const Encode& encode, const Decode& decode) {
  if (input.below(2) == 0) {
    check_round_trip(input, encode, decode);
  } else {
    check_payload(input, encode, decode);
  }
}

}  // namespace lmpack::fuzz
