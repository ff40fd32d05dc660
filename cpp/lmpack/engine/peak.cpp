#include "lmpack/engine/peak.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace lmpack {

double peak_products_per_second(const Kernels& kernels, double seconds) {
  using Clock = std::chrono::steady_clock;
  constexpr std::size_t kRounds = 100'000;
  const double products = static_cast<double>(kRounds * kernels.products_per_round);
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  double best = 0;
  std::int32_t sum = 0;
  do {
    const auto start = Clock::now();
    sum ^= kernels.peak_loop(kRounds);
    const std::chrono::duration<double> taken = Clock::now() - start;
    best = std::max(best, products / taken.count());
  } while (Clock::now() < end);
  // The sums are used, so that no compiler leaves them out.
  volatile std::int32_t sink = sum;
  static_cast<void>(sink);
  return best;
}

}  // namespace lmpack
