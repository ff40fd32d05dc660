#include "lmpack/decoder/lane.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "lmpack/engine/arithmetic.hpp"
#include "lmpack/engine/packing.hpp"

namespace lmpack {
namespace {

// Slots that a ring begins with: 64 positions pass through the layers together.
constexpr std::size_t kFirstSlots = 64;

}  // namespace

// Doubles what is there, so that all that is ever moved is less than what is there in the end; and
// whatever the steps are, the end is the same, so that it can be known before.
void DecoderRing::reserve(std::size_t positions) {
  const std::size_t before = slots();
  if (std::min(positions, window_) <= before) return;
  const std::size_t wanted = std::max(std::bit_ceil(positions), kFirstSlots);
  const std::size_t after = round_up(std::min(wanted, window_), kPanelColumns);
  AlignedVector<std::int8_t> values(after * head_width_);
  for (std::size_t panel = 0; panel < head_width_; panel += kPanelColumns) {
    std::copy_n(values_.data() + panel * before, before * kPanelColumns,
                values.data() + panel * after);
  }
  keys_.resize(after * head_width_);
  key_scales_.resize(after);
  value_scales_.resize(after);
  compensation_.resize(after);  // last, as it says how many slots there are
  values_ = std::move(values);
}

void DecoderRing::write(std::size_t position, const std::int8_t* key, float key_scale,
                        const std::int8_t* value, float value_scale) {
  const std::size_t slot = position % window_;
  std::int32_t sum = 0;
  std::int8_t* to = keys_.data() + packed_index(0, slot, head_width_);
  for (std::size_t i = 0; i < head_width_; i += kGroupRows, to += kGroupBytes) {
    for (std::size_t k = 0; k < kGroupRows; ++k) {
      to[k] = key[i + k];
      sum += key[i + k];
    }
  }
  compensation_[slot] = -kZeroPoint * sum;
  key_scales_[slot] = key_scale;
  for (std::size_t panel = 0; panel < head_width_; panel += kPanelColumns) {
    to = values_.data() + packed_index(slot, panel, slots());
    for (std::size_t i = 0; i < kPanelColumns; ++i) to[i * kGroupRows] = value[panel + i];
  }
  value_scales_[slot] = value_scale;
}

}  // namespace lmpack
