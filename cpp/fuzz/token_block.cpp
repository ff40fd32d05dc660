// Blocks of tokens, over a table and with weights that the input chooses.

#include <set>
#include <string>

#include "../tests/token_tables.hpp"
#include "block_properties.hpp"
#include "drawn_mixing.hpp"
#include "lmpack/tokens/token_block_decoder.hpp"
#include "lmpack/tokens/token_block_encoder.hpp"

namespace {

using namespace lmpack;

constexpr std::size_t kMostTokens = 12;
constexpr std::size_t kLongestToken = 4;

// Strings of few different bytes, so that many begin alike.
TokenTable table_from(fuzz::Input& input) {
  constexpr char kBytes[] = {'\0', 'a', 'b', '\xff'};
  std::set<std::vector<std::uint8_t>> tokens;
  const std::size_t count = 1 + input.below(kMostTokens);
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<std::uint8_t> token(1 + input.below(kLongestToken));
    for (auto& byte : token)
      byte = static_cast<std::uint8_t>(kBytes[input.below(std::size(kBytes))]);
    tokens.insert(token);
  }
  std::vector<std::string> ascending;
  for (const auto& token : tokens) ascending.emplace_back(token.begin(), token.end());
  return tests::table_of(ascending);
}

// What is fed by hand: weights that depend on the lane, the step and the token.
class Rule {
 public:
  Rule(fuzz::Input& input, std::size_t tokens) : tokens_(tokens), seed_(input.word32()) {}

  std::vector<std::int32_t> operator()(std::size_t lanes, std::size_t step) const {
    std::vector<std::int32_t> weights;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      for (std::size_t token = 0; token < tokens_; ++token) {
        const std::uint64_t hash = hash_value(seed_ ^ lane << 32 ^ step << 40 ^ token << 50, 1);
        weights.push_back(static_cast<std::int32_t>(hash >> 34 >> (hash & 31)));
      }
    }
    return weights;
  }

 private:
  std::size_t tokens_;
  std::uint32_t seed_;
};

struct Decoded {
  fuzz::Bytes plain;
  std::vector<std::vector<std::int32_t>> steps;  // of tokens [lanes]
};

Decoded decode(const TokenTable& table, const Rule& rule, const fuzz::Bytes& payload,
               BlockLayout layout, std::optional<Mixing> mixing) {
  TokenBlockDecoder decoder(table, payload, layout, mixing);
  Decoded decoded;
  while (!decoder.done()) {
    decoded.steps.emplace_back(layout.lanes());
    decoder.decode(rule(layout.lanes(), decoded.steps.size() - 1), decoded.steps.back());
  }
  decoded.plain = decoder.finish();
  return decoded;
}

fuzz::Bytes encode(const TokenTable& table, const Rule& rule, const Decoded& decoded,
                   BlockLayout layout, std::optional<Mixing> mixing) {
  std::vector<std::int32_t> tokens;
  std::vector<std::int32_t> counts;
  for (std::size_t lane = 0; lane < layout.lanes(); ++lane) {
    const std::size_t before = tokens.size();
    std::size_t rest = layout.length_of(lane);
    for (std::size_t step = 0; rest > 0; ++step) {
      tokens.push_back(decoded.steps[step][lane]);
      rest -= table.length(static_cast<std::size_t>(tokens.back()));
    }
    counts.push_back(static_cast<std::int32_t>(tokens.size() - before));
  }
  TokenBlockEncoder encoder(table, decoded.plain, layout, tokens, counts, mixing);
  for (std::size_t step = 0; step < encoder.steps(); ++step) {
    encoder.encode(rule(layout.lanes(), step), 1);
  }
  return encoder.finish();
}

}  // namespace

// Any payload is either refused or the very one that the encoder writes for its tokens.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const TokenTable table = table_from(input);
  const Rule rule(input, table.size());
  std::optional<Mixing> mixing;
  if (input.below(2) == 0) {
    const auto stride = static_cast<std::uint32_t>(input.below(9));
    mixing = Mixing{stride, fuzz::drawn_predictor(input)};
  }
  const BlockLayout layout = fuzz::layout_for(input, 1 + input.below(fuzz::kMostBytes));
  const fuzz::Bytes payload = input.rest(fuzz::kMostBytes);
  Decoded decoded;
  try {
    decoded = decode(table, rule, payload, layout, mixing);
  } catch (const DamagedStream&) {
    return 0;
  }
  if (encode(table, rule, decoded, layout, mixing) != payload) std::abort();
  return 0;
}
