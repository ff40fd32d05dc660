#include "lmpack/mixing/mixer_layer.hpp"

#include <algorithm>

namespace lmpack {
namespace {

constexpr int kWeightBits = 14;
constexpr int kRateBits = 10;
constexpr std::int32_t kAgeUnit = 32;

// Up to so many inputs a vector takes longer than one after another.
constexpr std::size_t kNarrow = 16;

std::size_t padded(std::size_t size) {
  if (size <= kNarrow) return size;
  return (size + MixingKernels::kGroup - 1) / MixingKernels::kGroup * MixingKernels::kGroup;
}

}  // namespace

static_assert(MixingKernels::kLargestInput == kLargestLogit);
static_assert(MixerLayer::kOne == 1 << kWeightBits);

MixerLayer::MixerLayer(const MixingKernels& kernels, std::span<const std::int16_t> first,
                       std::span<const std::size_t> sets, Learning learning)
    : kernels_(kernels),
      size_(padded(first.size())),
      inputs_(size_, 0),
      chosen_(sets.size()),
      rows_(sets.size()),
      sums_(sets.size()),
      errors_(sets.size()),
      logits_(sets.size()) {
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

std::span<const Logit> MixerLayer::mix() {
  const std::size_t count = rows_.size();
  std::int16_t** const rows = rows_.data();
  for (std::size_t i = 0; i < count; ++i) rows[i] = weights_.data() + chosen_[i] * size_;
  std::int64_t* const sums = sums_.data();
  if (size_ <= kNarrow) {
    narrow_dot();
  } else {
    kernels_.dot(inputs_.data(), size_, rows, count, sums);
  }
  for (std::size_t i = 0; i < count; ++i) {
    constexpr std::int64_t kLimit = kLargestLogit;
    logits_[i] = static_cast<Logit>(std::clamp(sums[i] >> kWeightBits, -kLimit, kLimit));
  }
  return logits_;
}

void MixerLayer::update(std::uint32_t bit) {
  const Logistic& tables = logistic();
  const auto target = static_cast<std::int32_t>(bit << kProbabilityBits);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    std::uint16_t& used = used_[chosen_[i]];
    const std::int32_t rate = rates_[used];
    used = static_cast<std::uint16_t>(used + (used < kAges - 1 ? 1 : 0));
    const auto p = static_cast<std::int32_t>(tables.squash(logits_[i]));
    const std::int32_t error = ((target - p) * rate) >> kRateBits;
    errors_[i] = static_cast<std::int16_t>(std::clamp(error, -32767, 32767));
  }
  if (size_ <= kNarrow) {
    narrow_train();
  } else {
    kernels_.train(inputs_.data(), size_, rows_.data(), rows_.size(), errors_.data());
  }
}

void MixerLayer::narrow_dot() {
  const std::int16_t* const inputs = inputs_.data();
  const std::size_t size = size_;
  for (std::size_t k = 0; k < rows_.size(); ++k) {
    const std::int16_t* const row = rows_[k];
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < size; ++i) sum += inputs[i] * row[i];
    sums_[k] = sum;
  }
}

void MixerLayer::narrow_train() {
  const std::int16_t* const inputs = inputs_.data();
  const std::size_t size = size_;
  for (std::size_t k = 0; k < rows_.size(); ++k) {
    std::int16_t* const row = rows_[k];
    const std::int32_t error = errors_[k];
    for (std::size_t i = 0; i < size; ++i) {
      const std::int32_t step = (inputs[i] * error + (1 << 14)) >> 15;
      row[i] = static_cast<std::int16_t>(std::clamp(row[i] + step, -32768, 32767));
    }
  }
}

}  // namespace lmpack
