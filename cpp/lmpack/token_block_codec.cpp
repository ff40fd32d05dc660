#include "lmpack/token_block_codec.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "lmpack/decoder/lanes.hpp"
#include "lmpack/error.hpp"
#include "lmpack/tokens/token_block_decoder.hpp"
#include "lmpack/tokens/token_block_encoder.hpp"

namespace lmpack {
namespace {

// Tokens for each thread between two reports: models of this kind take a millisecond for one, or
// more. Bounds the memory of an encoder, too.
constexpr std::size_t kEncoderTokens = 1024;
constexpr std::size_t kDecoderTokens = 64;

void check_table(const DecoderEngine& engine, const TokenTable& table) {
  if (table.size() != engine.shape().vocabulary) {
    throw InvalidArgument("the model has " + std::to_string(engine.shape().vocabulary) +
                          " tokens, and the table " + std::to_string(table.size()));
  }
}

// The symbols of some steps of a segment, by lane: each is the token before.
class PieceSymbols {
 public:
  PieceSymbols(const TokenBlockEncoder& coder, std::int32_t start_symbol)
      : coder_(coder), start_symbol_(start_symbol), symbols_(coder.layout().lanes()) {}

  // Those of steps `first` to `first` + `count` - 1, of lanes that have them.
  std::span<const DecoderLanes::Symbols> feeds(std::size_t segment, std::size_t first,
                                               std::size_t count) {
    feeds_.clear();
    for (std::size_t lane = 0; lane < symbols_.size(); ++lane) {
      symbols_[lane].clear();
      for (std::size_t i = first; i < first + count && coder_.has(lane, i); ++i) {
        symbols_[lane].push_back(
            i == segment ? start_symbol_ : static_cast<std::int32_t>(coder_.token(lane, i - 1)));
      }
      if (!symbols_[lane].empty()) feeds_.push_back({lane, symbols_[lane]});
    }
    return feeds_;
  }

 private:
  const TokenBlockEncoder& coder_;
  const std::int32_t start_symbol_;
  std::vector<std::vector<std::int32_t>> symbols_;
  std::vector<DecoderLanes::Symbols> feeds_;
};

}  // namespace

// The threads of the team reduce the weights to the paths of the tokens, so that the one thread
// that codes has less to do.
std::vector<std::uint8_t> encode_token_block(const DecoderEngine& engine, const TokenTable& table,
                                             ThreadTeam& team, std::span<const std::uint8_t> plain,
                                             BlockLayout layout, const LaneTokens& lane_tokens,
                                             std::optional<Mixing> mixing,
                                             const StepsDone& steps_done) {
  check_table(engine, table);
  TokenBlockEncoder coder(table, plain, layout, lane_tokens.tokens, lane_tokens.counts, mixing);
  const ThreadTeam::Lease lease(team);
  DecoderLanes lanes(engine, static_cast<std::int64_t>(layout.lanes()));
  PieceSymbols symbols(coder, engine.shape().start_symbol());
  std::vector<std::optional<WeightSums>> sums(lease.slots());  // made when first needed
  std::vector<TokenPath> paths;
  const std::size_t context = engine.shape().context;
  const std::size_t most =
      std::max<std::size_t>(1, kEncoderTokens * lease.slots() / layout.lanes());
  for (std::size_t segment = 0; segment < coder.steps(); segment += context) {
    lanes.restart();
    const std::size_t end = std::min(segment + context, coder.steps());
    for (std::size_t first = segment; first < end; first += most) {
      const std::size_t count = std::min(most, end - first);
      paths.resize(layout.lanes() * count);
      lanes.feed(symbols.feeds(segment, first, count), lease,
                 [&](std::size_t slot, std::size_t lane, std::size_t step, auto weights) {
                   if (!sums[slot]) sums[slot].emplace(table.size());
                   sums[slot]->assign(weights);
                   coder.find_path(lane, first + step, *sums[slot], paths[lane * count + step]);
                 });
      coder.encode(paths, count);
      steps_done((first + count) * layout.steps() / coder.steps());
    }
  }
  return coder.finish();
}

std::vector<std::uint8_t> decode_token_block(const DecoderEngine& engine, const TokenTable& table,
                                             ThreadTeam& team, std::vector<std::uint8_t> payload,
                                             BlockLayout layout, std::optional<Mixing> mixing,
                                             const StepsDone& steps_done) {
  check_table(engine, table);
  TokenBlockDecoder coder(table, std::move(payload), layout, mixing);
  const ThreadTeam::Lease lease(team);
  DecoderLanes lanes(engine, static_cast<std::int64_t>(layout.lanes()));
  std::vector<WeightSums> sums(layout.lanes(), WeightSums(table.size()));
  std::vector<std::int32_t> tokens(layout.lanes());
  std::vector<DecoderLanes::Symbols> feeds;
  const std::size_t report = std::max<std::size_t>(1, kDecoderTokens / layout.lanes());
  for (std::size_t step = 0; !coder.done(); ++step) {
    if (step % engine.shape().context == 0) {
      lanes.restart();
      std::ranges::fill(tokens, engine.shape().start_symbol());
    }
    feeds.clear();
    for (std::size_t lane = 0; lane < layout.lanes(); ++lane) {
      if (coder.is_active(lane)) feeds.push_back({lane, std::span(tokens).subspan(lane, 1)});
    }
    lanes.feed(feeds, lease, [&](std::size_t, std::size_t lane, std::size_t, auto weights) {
      sums[lane].assign(weights);
    });
    coder.decode(sums, tokens);
    if (step % report == 0) steps_done(coder.coded() / layout.lanes());
  }
  return coder.finish();
}

}  // namespace lmpack
