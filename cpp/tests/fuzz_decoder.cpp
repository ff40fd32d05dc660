// Any payload must either be refused or be the very one that the encoder writes for the symbols
// decoded from it.
//
// Input: length, lane length, vocabulary and odds, a byte each; the payload is what follows.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "lmpack/coder/block_decoder.hpp"
#include "lmpack/coder/block_encoder.hpp"
#include "lmpack/error.hpp"

namespace {

constexpr std::size_t kParameters = 4;

// Odds of one step. Few distinct ones are enough: what varies is the payload.
std::vector<std::int32_t> odds_of_step(std::size_t lanes, std::int64_t vocabulary, int steepness) {
  std::vector<std::int32_t> odds(lanes * static_cast<std::size_t>(vocabulary));
  for (std::size_t i = 0; i < odds.size(); ++i) {
    const std::size_t rank = i % static_cast<std::size_t>(vocabulary);
    odds[i] = (1 << 23) >> std::min<std::size_t>(rank * static_cast<std::size_t>(steepness), 31);
  }
  return odds;
}

void check(std::vector<std::uint8_t> payload, lmpack::BlockLayout layout, std::int64_t vocabulary,
           int steepness) {
  const auto odds = odds_of_step(layout.lanes(), vocabulary, steepness);
  std::vector<std::int32_t> symbols(layout.lanes());
  lmpack::BlockDecoder decoder(payload, layout, vocabulary);
  lmpack::BlockEncoder encoder(layout, vocabulary);
  for (std::size_t step = 0; step < layout.steps(); ++step) {
    decoder.decode(odds, symbols);
    encoder.encode(odds, symbols, 1);
  }
  decoder.finish();
  if (encoder.finish() != payload) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kParameters) return 0;
  const std::int64_t length = 1 + data[0];
  const lmpack::BlockLayout layout(length, 1 + data[1] % length);
  const std::int64_t vocabulary = 2 + data[2];
  try {
    check({data + kParameters, data + size}, layout, vocabulary, data[3] % 8);
  } catch (const lmpack::DamagedStream&) {
    // The other right answer.
  }
  return 0;
}
