// The coder of symbols alone, between odds of which one may be any integer.
//
// Any payload must either be refused or be the very one that the encoder writes for the symbols
// decoded from it; odds out of range must be refused by both sides.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "block_properties.hpp"
#include "lmpack/coder/block_decoder.hpp"
#include "lmpack/coder/block_encoder.hpp"
#include "lmpack/error.hpp"

namespace {

using namespace lmpack;

using Odds = std::vector<std::int32_t>;

// Odds of one step. Few distinct ones are enough: what varies is the payload.
Odds odds_of_step(fuzz::Input& input, std::size_t lanes, std::size_t vocabulary) {
  const std::size_t steepness = input.below(8);
  Odds odds(lanes * vocabulary);
  for (std::size_t i = 0; i < odds.size(); ++i) {
    odds[i] = (1 << 23) >> std::min<std::size_t>(i % vocabulary * steepness, 31);
  }
  const std::size_t changed = input.word16();
  if (changed < odds.size()) odds[changed] = static_cast<std::int32_t>(input.word32());
  return odds;
}

void check(fuzz::Bytes payload, BlockLayout layout, std::size_t vocabulary, const Odds& odds) {
  std::vector<std::int32_t> symbols(layout.lanes());
  const auto size = static_cast<std::int64_t>(vocabulary);
  BlockEncoder encoder(layout, size);
  BlockDecoder decoder(payload, layout, size);
  for (std::size_t step = 0; step < layout.steps(); ++step) {
    decoder.decode(odds, symbols);
    encoder.encode(odds, symbols, 1);
  }
  decoder.finish();
  if (encoder.finish() != payload) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const BlockLayout layout = fuzz::layout_for(input, 1 + input.below(fuzz::kMostBytes));
  const std::size_t vocabulary = 2 + input.below(255);
  const Odds odds = odds_of_step(input, layout.lanes(), vocabulary);
  try {
    check(input.rest(fuzz::kMostBytes), layout, vocabulary, odds);
  } catch (const DamagedStream&) {
    // The payload was refused.
  } catch (const InvalidArgument&) {
    // The odds were.
  }
  return 0;
}
