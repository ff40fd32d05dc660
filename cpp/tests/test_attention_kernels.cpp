#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "lmpack/aligned.hpp"
#include "lmpack/engine/arithmetic.hpp"
#include "lmpack/engine/kernels.hpp"
#include "lmpack/engine/lane.hpp"

namespace {

using namespace lmpack;

enum class Kind { kRandom, kExtreme, kOneSlot, kEqual };

struct Sizes {
  std::size_t positions, heads, head_width, window;
};

// A ring that holds `written` positions, and queries of the last ones.
struct Attention {
  Attention(std::mt19937& random, const Sizes& shape, std::size_t written, Kind kind)
      : sizes(shape),
        first_slot((written - shape.positions) % ring_slots(shape.window)),
        visible(std::min(written, ring_slots(shape.window))),
        ring(shape.window, shape.head_width),
        queries(shape.positions * shape.heads * shape.head_width),
        bias(shape.heads * 2 * ring.slots) {
    const auto draw = [&](int low, int high) {
      return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1));
    };
    const bool far = kind == Kind::kExtreme;
    for (auto& value : queries) value = static_cast<std::uint8_t>(far ? 255 : draw(1, 255));
    std::vector<std::int8_t> key(shape.head_width), value(shape.head_width);
    for (std::size_t p = written - std::min(written, ring.slots); p < written; ++p) {
      for (auto& x : key) x = static_cast<std::int8_t>(far ? draw(0, 1) * 128 - 64 : draw(-64, 64));
      for (auto& x : value) x = static_cast<std::int8_t>(far ? -64 : draw(-64, 64));
      if (kind == Kind::kEqual) std::fill(key.begin(), key.end(), std::int8_t{0});
      ring.write(p % ring.slots, key.data(), value.data());
    }
    for (std::size_t head = 0; head < shape.heads; ++head) {
      const std::size_t only = random() % shape.window;  // the distance that counts, if one does
      std::vector<float> by_distance(shape.window);
      for (std::size_t distance = 0; distance < shape.window; ++distance) {
        float& x = by_distance[distance];
        x = kind == Kind::kEqual ? 0.0F : static_cast<float>(draw(-300, 0)) / 100;
        if (kind == Kind::kOneSlot && distance != only) x = -200;
      }
      for (std::size_t i = 0; i < 2 * ring.slots; ++i) {
        const std::size_t distance = (2 * ring.slots - i) % ring.slots;
        bias[head * 2 * ring.slots + i] =
            distance < shape.window ? by_distance[distance] : kInvisible;
      }
    }
  }

  std::vector<std::uint8_t> means_of(const Kernels& kernels) const {
    AlignedVector<std::int32_t> scores(kMostTileRows * ring.slots);
    AlignedVector<std::uint8_t> attention(kMostTileRows * ring.slots);
    std::vector<std::uint16_t> live(live_groups_room(ring.slots));
    std::vector<std::uint8_t> means(queries.size());
    kernels.attend({.positions = sizes.positions,
                    .heads = sizes.heads,
                    .head_width = sizes.head_width,
                    .queries = queries.data(),
                    .keys = ring.keys.data(),
                    .values = ring.values.data(),
                    .compensation = ring.compensation.data(),
                    .slots = ring.slots,
                    .visible = visible,
                    .bias = bias.data() + ring.slots - first_slot,
                    .bias_stride = 2 * ring.slots,
                    .score_scale = kScale,
                    .scores = scores.data(),
                    .attention = attention.data(),
                    .live = live.data(),
                    .means = means.data()});
    return means;
  }

  // The definition (docs/model.md), slot by slot.
  std::vector<std::uint8_t> expected() const {
    std::vector<std::uint8_t> means;
    for (std::size_t row = 0; row < sizes.positions * sizes.heads; ++row) {
      const std::size_t own = first_slot + row / sizes.heads;
      std::vector<std::pair<std::size_t, float>> scores;  // of the slots in sight
      float top = kInvisible;
      for (std::size_t slot = 0; slot < visible; ++slot) {
        const std::size_t distance = (own + ring.slots - slot) % ring.slots;
        if (distance >= sizes.window) continue;
        std::int32_t sum = 0;
        for (std::size_t i = 0; i < sizes.head_width; ++i) {
          sum += (queries[row * sizes.head_width + i] - kZeroPoint) *
                 ring.keys[packed_index(i, slot, sizes.head_width)];
        }
        const float product = static_cast<float>(sum) * kScale;
        const float score =
            product + bias[row % sizes.heads * 2 * ring.slots + ring.slots - distance];
        top = std::max(top, score);
        scores.emplace_back(slot, score);
      }
      std::int32_t total = 0;
      std::vector<std::int32_t> sums(sizes.head_width);
      for (const auto& [slot, score] : scores) {
        const float shift = top - kAttentionBase;
        float share = std::max(score - shift, kAttentionFloor);
        for (int i = 0; i < kAttentionSquarings; ++i) share = share * share;
        const auto weight = static_cast<std::int32_t>(std::nearbyint(share));
        total += weight;
        for (std::size_t i = 0; i < sizes.head_width; ++i) {
          sums[i] += weight * ring.values[packed_index(slot, i, ring.slots)];
        }
      }
      for (const std::int32_t sum : sums) {
        const float mean = static_cast<float>(sum) / static_cast<float>(total);
        const float clipped =
            std::clamp(mean * kAttentionGain, -kActivationLimit, kActivationLimit);
        means.push_back(static_cast<std::uint8_t>(
            static_cast<std::int32_t>(std::nearbyint(clipped)) + kZeroPoint));
      }
    }
    return means;
  }

  static constexpr float kScale = 1.0F / 8192;

  Sizes sizes;
  std::size_t first_slot;
  std::size_t visible;
  Ring ring;
  std::vector<std::uint8_t> queries;
  std::vector<float> bias;
};

}  // namespace

TEST_CASE("positions that attend together see what each would see alone") {
  std::mt19937 random(7);
  const std::vector<Sizes> all{{1, 1, 32, 1},   {1, 3, 32, 64},   {2, 3, 32, 9},   {3, 5, 32, 21},
                               {5, 3, 32, 64},  {7, 1, 96, 40},   {16, 1, 64, 17}, {16, 3, 32, 64},
                               {16, 4, 32, 80}, {13, 2, 64, 130}, {16, 7, 32, 1}};
  for (const Sizes& sizes : all) {
    const std::size_t slots = ring_slots(sizes.window);
    for (const std::size_t written :
         {sizes.positions, sizes.positions + 1, sizes.window + sizes.positions, slots, slots + 5,
          3 * slots + sizes.positions, 4 * slots}) {
      // Only positions that lie in the ring without a turn attend together.
      if (written < sizes.positions || (written - 1) % slots + 1 < sizes.positions) continue;
      for (const Kind kind : {Kind::kRandom, Kind::kExtreme, Kind::kOneSlot, Kind::kEqual}) {
        const Attention attention(random, sizes, written, kind);
        const auto expected = attention.expected();
        for (const Kernels* kernels : available_kernels()) {
          CAPTURE(kernels->name);
          CHECK(attention.means_of(*kernels) == expected);
        }
      }
    }
  }
}
