// A linear filter that learns to predict a signal while it sees it (docs/filters.md, section 5).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace lmpack {

inline std::int32_t clip_value(std::int64_t value, std::int32_t largest) {
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(value, -largest, largest));
}

// The latest values of a signal, before which stand zeros, and a weight for each.
class Taps {
 public:
  explicit Taps(std::size_t order) : weights_(order), values_(kRoom + order), newest_(kRoom) {}

  std::size_t order() const { return weights_.size(); }

  // The sum of the squares of the values.
  std::int64_t energy() const { return energy_; }

  std::int64_t weighted_sum() const {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < order(); ++i) {
      sum += std::int64_t{weights_[i]} * values_[newest_ + i];
    }
    return sum;
  }

  void adapt(std::int64_t gain) {
    for (std::size_t i = 0; i < order(); ++i) {
      const std::int64_t moved = weights_[i] + (gain * values_[newest_ + i] >> kGainShift);
      weights_[i] = static_cast<std::int32_t>(std::clamp<std::int64_t>(moved, -kLargest, kLargest));
    }
  }

  // Takes values in place of all that it has.
  void replace(std::span<const std::int32_t> values) {
    std::ranges::copy(values, values_.begin() + static_cast<std::ptrdiff_t>(newest_));
    energy_ = 0;
    for (const std::int32_t value : values) energy_ += std::int64_t{value} * value;
  }

  // Takes a value; the oldest one is forgotten.
  void push(std::int32_t value) {
    if (newest_ == 0) {
      std::copy_backward(values_.begin(), values_.begin() + static_cast<std::ptrdiff_t>(order()),
                         values_.end());
      newest_ = kRoom;
    }
    const std::int64_t oldest = values_[newest_ + order() - 1];
    values_[--newest_] = value;
    energy_ += std::int64_t{value} * value - oldest * oldest;
  }

 private:
  static constexpr std::size_t kRoom = 256;  // values that come before all move
  static constexpr int kGainShift = 18;
  static constexpr std::int64_t kLargest = (1 << 22) - 1;

  std::vector<std::int32_t> weights_;  // in units of 2**-16
  std::vector<std::int32_t> values_;   // from newest_ on, the newest first
  std::size_t newest_;
  std::int64_t energy_ = 0;
};

// Normalised least mean squares over one signal or several.
class AdaptiveFilter {
 public:
  // `largest` bounds all values that go in and come out, at most 2**25 - 1, which is enough for
  // samples of 24 bits: then no sum can overflow.
  AdaptiveFilter(const std::vector<std::size_t>& orders, std::int32_t largest)
      : signals_(orders.begin(), orders.end()), largest_(largest) {}

  // The next value, within the bound.
  std::int32_t predict() const {
    std::int64_t sum = 1 << 15;
    for (const Taps& taps : signals_) sum += taps.weighted_sum();
    return clip_value(sum >> 16, largest_);
  }

  // Learns by how much the value exceeded the prediction.
  void adapt(std::int64_t error) {
    std::int64_t norm = 1;
    for (const Taps& taps : signals_) {
      norm += taps.energy() + static_cast<std::int64_t>(taps.order());
    }
    const std::int64_t gain = error * (std::int64_t{1} << 31) / norm;
    for (Taps& taps : signals_) taps.adapt(gain);
  }

  // Takes the next value of a signal.
  void push(std::size_t signal, std::int32_t value) { signals_[signal].push(value); }

  // Takes all values of a signal.
  void replace(std::size_t signal, std::span<const std::int32_t> values) {
    signals_[signal].replace(values);
  }

 private:
  std::vector<Taps> signals_;
  std::int32_t largest_;
};

}  // namespace lmpack
