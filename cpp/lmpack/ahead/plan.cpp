#include "lmpack/ahead/plan.hpp"

#include <algorithm>
#include <thread>

#include "lmpack/block_steps.hpp"

namespace lmpack {
namespace {

// Steps of a piece of a long block: to warm up takes 3 % of it, and what waits for the coder
// remains below a megabyte a thread.
constexpr std::size_t kLongestPiece = 32768;

// Of a short one a piece has at least so many times the steps of its warm-up.
constexpr std::size_t kShortestInWarmUps = 3;

// Pieces for each thread, as they never take the same time.
constexpr std::size_t kPiecesAThread = 4;

// Cells that threads may be ahead of the coder where no lane is cut.
constexpr std::size_t kCellsAhead = 8 * kEncoderSteps;

std::size_t longest_warm_up(const Models& models) {
  std::size_t longest = 1;
  for (const Engine* engine : models) longest = std::max(longest, engine->shape().warm_up());
  return longest;
}

}  // namespace

AheadPlan plan_ahead(const Models& models, BlockLayout layout, std::size_t threads) {
  const std::size_t processors = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t working = std::min(threads, processors);
  AheadPlan plan{models.size(), layout.lanes(), 1, layout.steps(), kEncoderSteps, 1, 1,
                 working - 1};
  const std::size_t most = std::max<std::size_t>(1, plan.lanes / working);
  plan.lanes_a_track = std::clamp<std::size_t>(kEncoderSteps / plan.steps, 1, most);
  plan.window = std::max<std::size_t>(2, kCellsAhead / (kEncoderSteps * plan.lanes));
  // Enough lanes occupy all threads without.
  if (working == 1 || plan.lanes >= 2 * working) return plan;
  const std::size_t wanted = plan.steps * plan.lanes / (kPiecesAThread * working);
  const std::size_t shortest = kShortestInWarmUps * longest_warm_up(models);
  const std::size_t piece = std::min(std::max(wanted, shortest), kLongestPiece);
  plan.pieces = std::clamp<std::size_t>((plan.steps + piece / 2) / piece, 1, plan.chunks());
  const std::size_t at_work = (working + plan.lanes - 1) / plan.lanes;  // pieces of a lane
  plan.window = std::max(plan.window, (at_work + 1) * (plan.chunks() / plan.pieces + 1));
  return plan;
}

}  // namespace lmpack
