#include "lmpack/mixing/mixer_layer.hpp"

#include <algorithm>

namespace lmpack {
namespace {

constexpr std::int32_t kAgeUnit = 32;

}  // namespace

static_assert(MixingKernels::kLargestInput == kLargestLogit);

MixerLayer::MixerLayer(const MixingKernels& kernels, std::span<const std::int16_t> first,
                       std::span<const std::size_t> sets, Learning learning)
    : kernels_(kernels), size_(padded(first.size())), mixers_(sets.size()) {
  for (std::int32_t age = 0; std::int16_t& rate : rates_) {
    const std::int32_t more = learning.head_start * kAgeUnit / (age++ + kAgeUnit);
    rate = static_cast<std::int16_t>(learning.rate + more);
  }
  std::size_t all = 0;
  for (const std::size_t count : sets) {
    first_set_.push_back(all);
    all += count;
  }
  used_.resize(all);
  weights_.resize(all * size_);
  for (std::size_t set = 0; set < all; ++set) {
    std::ranges::copy(first, weights_.begin() + static_cast<std::ptrdiff_t>(set * size_));
  }
}

void MixerLayer::follow(const MixerLayer& source) {
  source_ = &source;
  rounds_.resize(used_.size());
  start_over();
}

void MixerLayer::start_over() {
  if (++round_ != 0) return;
  std::ranges::fill(rounds_, 0);  // those of 2**32 rounds ago
  round_ = 1;
}

void MixerLayer::take_over(const std::size_t* sets) {
  for (std::size_t mixer = 0; mixer < mixers_; ++mixer) {
    const std::size_t set = first_set_[mixer] + sets[mixer];
    if (rounds_[set] == round_) continue;
    const std::int16_t* const from = &source_->weights_[set * size_];
    std::copy(from, from + size_, &weights_[set * size_]);
    used_[set] = source_->used_[set];
    rounds_[set] = round_;
  }
}

}  // namespace lmpack
