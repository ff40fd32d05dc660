// The part of a pass between two matrices that looks back.
#include <algorithm>

#include "lmpack/decoder/arithmetic.hpp"
#include "lmpack/decoder/pass.hpp"
#include "lmpack/engine/arithmetic.hpp"

namespace lmpack {

void DecoderPass::make_heads(const DecoderLayer& layer) {
  const DecoderShape& shape = engine_.shape();
  const std::size_t all = shape.heads + 2 * shape.kv_heads;
  share(rows_.size(), [&](std::size_t i, std::size_t slot) {
    for (std::size_t head = 0; head < all; ++head) {
      head_scales_[i * all + head] = make_head(layer, i, head, scratch_[slot]);
    }
  });
}

// Queries come first, then keys, then values.
float DecoderPass::make_head(const DecoderLayer& layer, std::size_t row, std::size_t head,
                             Scratch& scratch) {
  const DecoderWeights& model = engine_.weights();
  const DecoderShape& shape = model.shape;
  const DecoderKernels& kernels = engine_.kernels();
  const std::size_t width = shape.head_width;
  const bool query = head < shape.heads;
  const bool value = head >= shape.heads + shape.kv_heads;
  const std::size_t first = row * shape.qkv() + head * width;
  float* values = outputs_.data() + first;
  std::int32_t* integers = room_for(scratch.integers, width);
  if (!value && shape.qk_norm) {
    kernels.normalize(query ? layer.q_norm : layer.k_norm, width, integers, values);
  }
  if (!value && !shape.ropes.empty()) {
    const RopeTables& rope = model.ropes[layer.rope];
    const std::size_t angle = rows_[row].position * (width / 2);
    kernels.turn(rope.cos + angle, rope.sin + angle, width, values);
  }
  std::uint8_t* bytes = heads_.data() + first;
  if (!query) return kernels.rotate(values, width, kRotatedKeyLimit, 0, integers, bytes);
  return kernels.rotate(values, width, kRotatedLimit, kZeroPoint, integers, bytes) *
         layer.score_scale;
}

// In each lane row by row: its key and value enter the ring, then its queries see what is there.
void DecoderPass::attend(std::size_t layer) {
  const DecoderShape& shape = engine_.shape();
  const std::size_t lanes = lane_starts_.size() - 1;
  share(lanes * shape.kv_heads, [&](std::size_t item, std::size_t slot) {
    const std::size_t lane = item / shape.kv_heads;
    const std::size_t kv_head = item % shape.kv_heads;
    for (std::size_t i = lane_starts_[lane]; i < lane_starts_[lane + 1]; ++i) {
      DecoderRing& ring = rows_[i].lane->rings[layer * shape.kv_heads + kv_head];
      remember(ring, i, kv_head);
      attend_row(ring, i, kv_head, scratch_[slot]);
    }
  });
  share(rows_.size(), [&](std::size_t i, std::size_t) {
    const std::size_t first = i * shape.queries();
    scales_[i] =
        engine_.kernels().quantize(values_.data() + first, shape.queries(), inputs_.data() + first);
  });
}

void DecoderPass::remember(DecoderRing& ring, std::size_t row, std::size_t kv_head) {
  const DecoderShape& shape = engine_.shape();
  const auto* bytes = reinterpret_cast<const std::int8_t*>(heads_.data() + row * shape.qkv());
  const float* scales = head_scales_.data() + row * (shape.heads + 2 * shape.kv_heads);
  const std::size_t key = shape.heads + kv_head;
  const std::size_t value = key + shape.kv_heads;
  ring.write(rows_[row].position, bytes + key * shape.head_width, scales[key],
             bytes + value * shape.head_width, scales[value]);
}

void DecoderPass::attend_row(const DecoderRing& ring, std::size_t row, std::size_t kv_head,
                             Scratch& scratch) {
  const DecoderShape& shape = engine_.shape();
  const std::size_t sharing = shape.heads / shape.kv_heads;
  const std::size_t slots = ring.slots();
  for (std::size_t i = 0; i < sharing; i += kMostAttendedHeads) {
    const std::size_t head = kv_head * sharing + i;
    const std::size_t heads = std::min(kMostAttendedHeads, sharing - i);
    engine_.kernels().attend(
        {.heads = heads,
         .head_width = shape.head_width,
         .queries = heads_.data() + row * shape.qkv() + head * shape.head_width,
         .query_scales = head_scales_.data() + row * (shape.heads + 2 * shape.kv_heads) + head,
         .keys = ring.keys(),
         .values = ring.values(),
         .compensation = ring.compensation(),
         .key_scales = ring.key_scales(),
         .value_scales = ring.value_scales(),
         .slots = slots,
         .visible = std::min(rows_[row].position + 1, ring.window()),
         .exp2 = engine_.weights().attention_exp2,
         .scores = room_for(scratch.scores, kMostAttendedHeads * slots),
         .ratios = room_for(scratch.ratios, slots),
         .planes = room_for(scratch.planes, 2 * kMostAttendedHeads * slots),
         .means = values_.data() + row * shape.queries() + head * shape.head_width});
  }
}

}  // namespace lmpack
