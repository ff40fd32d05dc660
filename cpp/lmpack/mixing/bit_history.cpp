#include "lmpack/mixing/bit_history.hpp"

#include <algorithm>
#include <vector>

namespace lmpack {
namespace {

struct Counts {
  int seen[2];
  int last;  // the last bit; 0 while only one kind was seen

  bool operator==(const Counts&) const = default;
};

// How large the larger count may be, by the smaller one: long runs matter, long mixtures do not.
constexpr int kLargest[] = {40, 24, 12, 8, 6, 5};

bool allowed(int zeros, int ones) {
  const auto smaller = static_cast<std::size_t>(std::min(zeros, ones));
  return smaller < std::size(kLargest) && std::max(zeros, ones) <= kLargest[smaller];
}

Counts normal(Counts counts) {
  if (counts.seen[0] == 0 || counts.seen[1] == 0) counts.last = 0;
  return counts;
}

// All states, by the number of bits that they count.
std::vector<Counts> all_states() {
  std::vector<Counts> states;
  for (int total = 0; total <= kLargest[0]; ++total) {
    for (int ones = 0; ones <= total; ++ones) {
      if (!allowed(total - ones, ones)) continue;
      for (int last = 0; last < 2; ++last) {
        const Counts counts{{total - ones, ones}, last};
        if (counts == normal(counts)) states.push_back(counts);
      }
    }
  }
  return states;
}

// One more bit. What was seen of the other bit loses weight: data change.
Counts after(Counts counts, int bit) {
  int& same = counts.seen[bit];
  int& other = counts.seen[1 - bit];
  ++same;
  if (other > 2) other = other / 2 + 1;
  while (!allowed(counts.seen[0], counts.seen[1])) --(same > other ? same : other);
  counts.last = bit;
  return normal(counts);
}

}  // namespace

StateTable::StateTable() {
  const std::vector<Counts> states = all_states();
  guess_.fill(kHalf);
  for (std::size_t state = 0; state < std::min(states.size(), kStates); ++state) {
    const Counts& counts = states[state];
    for (int bit = 0; bit < 2; ++bit) {
      const auto found = std::ranges::find(states, after(counts, bit));
      next_[state][static_cast<std::size_t>(bit)] = static_cast<BitHistory>(found - states.begin());
    }
    const int total = counts.seen[0] + counts.seen[1];
    guess_[state] = static_cast<std::uint16_t>((2 * counts.seen[1] + 1) * 65536 / (2 * total + 2));
    if ((counts.seen[0] == 0) != (counts.seen[1] == 0)) {
      certainties_[state] = counts.seen[0] == 0 ? 1 : 2;
    }
  }
}

const StateTable& state_table() {
  static const StateTable states;
  return states;
}

}  // namespace lmpack
