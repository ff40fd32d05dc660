#include "lmpack/lane_decoders.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "lmpack/error.hpp"

namespace lmpack {

void LaneDecoders::add(std::size_t first, std::size_t lanes, BlockStep step) {
  const auto next = blocks_.lower_bound(first);
  const std::size_t end = next == blocks_.end() ? lanes_ : next->first;
  const bool is_behind =
      next == blocks_.begin() || std::prev(next)->first + std::prev(next)->second.lanes <= first;
  if (lanes == 0 || first > end || lanes > end - first || !is_behind) {
    throw InvalidArgument("there are no " + std::to_string(lanes) + " free lanes at " +
                          std::to_string(first) + " of " + std::to_string(lanes_));
  }
  if (!lease_) lease_.emplace(team_);
  blocks_.emplace_hint(next, first, Block{lanes, std::move(step)});
}

void LaneDecoders::remove(std::size_t first) {
  blocks_.erase(first);
  if (blocks_.empty()) lease_.reset();
}

std::vector<BlockFailure> LaneDecoders::decode(OddsRows odds, std::span<std::int32_t> symbols) {
  if (symbols.size() != lanes_ || odds.odds.size() != lanes_ * odds.vocabulary) {
    throw InvalidArgument("a step needs odds and places for the symbols of " +
                          std::to_string(lanes_) + " lanes");
  }
  if (blocks_.empty()) return {};
  std::vector<std::pair<std::size_t, const Block*>> work;
  work.reserve(blocks_.size());
  for (const auto& [first, block] : blocks_) work.emplace_back(first, &block);
  std::vector<std::exception_ptr> errors(work.size());
  lease_->run(work.size(), [&](std::size_t item, std::size_t) {
    const auto& [first, block] = work[item];
    const OddsRows rows{odds.odds.subspan(first * odds.vocabulary, block->lanes * odds.vocabulary),
                        odds.vocabulary};
    try {
      block->step(rows, symbols.subspan(first, block->lanes));
    } catch (...) {
      errors[item] = std::current_exception();
    }
  });
  std::vector<BlockFailure> failures;
  for (std::size_t item = 0; item < work.size(); ++item) {
    if (!errors[item]) continue;
    const auto& [first, block] = work[item];
    std::ranges::fill(symbols.subspan(first, block->lanes), 0);
    failures.push_back({first, errors[item]});
    remove(first);
  }
  return failures;
}

}  // namespace lmpack
