#include "lmpack/decoder/pass.hpp"

#include <algorithm>
#include <cmath>

#include "lmpack/decoder/arithmetic.hpp"
#include "lmpack/engine/arithmetic.hpp"

namespace lmpack {
namespace {

// Symbols that pass through the layers together: enough to use each weight often, few enough that
// what lies between the layers stays in the cache.
constexpr std::size_t kMostRows = 64;

// Logits that are kept at a time.
constexpr std::size_t kMostLogits = std::size_t{1} << 24;

// Columns of a matrix that stay with one thread.
constexpr std::size_t kColumnBlock = 32;

// Empties the rows of a pass however it ends: the next one writes where these stand.
template <typename Vector>
class EmptyAtExit {
 public:
  explicit EmptyAtExit(Vector& rows) : rows_(rows) {}
  ~EmptyAtExit() { rows_.clear(); }
  EmptyAtExit(const EmptyAtExit&) = delete;
  EmptyAtExit& operator=(const EmptyAtExit&) = delete;

 private:
  Vector& rows_;
};

template <typename Element>
Element* room_for(AlignedVector<Element>& memory, std::size_t size) {
  if (memory.size() < size) memory.resize(size);
  return memory.data();
}

}  // namespace

DecoderPass::DecoderPass(const DecoderEngine& engine)
    : engine_(engine),
      most_rows_(
          std::clamp<std::size_t>(kMostLogits / engine.weights().head.outputs, 1, kMostRows)) {
  const DecoderShape& shape = engine.shape();
  rows_.reserve(most_rows_);
  residual_.resize(most_rows_ * shape.width);
  values_.resize(most_rows_ * std::max(shape.width, shape.queries()));
  inputs_.resize(most_rows_ * std::max({shape.width, shape.queries(), shape.hidden}));
  scales_.resize(most_rows_);
  outputs_.resize(most_rows_ * std::max({shape.width, shape.qkv(), shape.up()}));
  heads_.resize(most_rows_ * shape.qkv());
  head_scales_.resize(most_rows_ * (shape.heads + 2 * shape.kv_heads));
}

void DecoderPass::run(std::span<const DecoderFeed> feeds, const Sink& sink,
                      const ThreadTeam::Lease* helpers) {
  helpers_ = helpers;
  scratch_.resize(std::max(scratch_.size(), helpers == nullptr ? 1 : helpers->slots()));
  const EmptyAtExit empty_at_exit(rows_);
  for (std::size_t feed = 0; feed < feeds.size(); ++feed) {
    DecoderLane& lane = *feeds[feed].lane;
    const auto symbols = feeds[feed].symbols;
    for (DecoderRing& ring : lane.rings) ring.reserve(lane.position + symbols.size());
    for (std::size_t step = 0; step < symbols.size(); ++step) {
      rows_.push_back({&lane, symbols[step], lane.position++, feed, step});
      if (rows_.size() == most_rows_) finish_rows(sink);
    }
  }
  if (!rows_.empty()) finish_rows(sink);
}

template <typename Work>
void DecoderPass::share(std::size_t count, const Work& work) {
  if (helpers_ != nullptr) {
    helpers_->run(count, work);
  } else {
    for (std::size_t item = 0; item < count; ++item) work(item, 0);
  }
}

template <typename Work>
void DecoderPass::for_columns(const DecoderMatrix& matrix, const Work& work) {
  const std::size_t blocks = matrix.outputs / kColumnBlock;
  const std::size_t parts = std::min(helpers_ == nullptr ? 1 : helpers_->available(), blocks);
  share(parts, [&](std::size_t part, std::size_t) {
    const std::size_t first = blocks * part / parts;
    work(first * kColumnBlock, (blocks * (part + 1) / parts - first) * kColumnBlock);
  });
}

void DecoderPass::finish_rows(const Sink& sink) {
  lane_starts_.clear();
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (i == 0 || rows_[i].lane != rows_[i - 1].lane) lane_starts_.push_back(i);
  }
  lane_starts_.push_back(rows_.size());
  embed();
  for (std::size_t i = 0; i < engine_.shape().layers(); ++i) {
    run_layer(engine_.weights().layers[i], i);
  }
  predict(sink);
  rows_.clear();
}

void DecoderPass::embed() {
  const DecoderWeights& model = engine_.weights();
  const std::size_t width = model.shape.width;
  share(rows_.size(), [&](std::size_t i, std::size_t) {
    const float* positions =
        model.positions == nullptr ? nullptr : model.positions + rows_[i].position * width;
    engine_.kernels().embed(model.embedding, static_cast<std::size_t>(rows_[i].symbol), positions,
                            residual_.data() + i * width);
  });
}

void DecoderPass::run_layer(const DecoderLayer& layer, std::size_t number) {
  enter(layer.attention_norm);
  project(layer.qkv, inputs(engine_.shape().width));
  make_heads(layer);
  attend(number);
  project(layer.out, inputs(engine_.shape().queries()));
  leave(layer.post_attention_norm);
  enter(layer.feed_forward_norm);
  project(layer.up, inputs(engine_.shape().width));
  activate();
  project(layer.down, inputs(engine_.shape().hidden));
  leave(layer.post_feed_forward_norm);
}

// linear(norm(x)) up to its product.
void DecoderPass::enter(const DecoderNorm& norm) {
  const DecoderShape& shape = engine_.shape();
  const DecoderKernels& kernels = engine_.kernels();
  const std::size_t width = shape.width;
  const float unit = std::ldexp(1.0F, -shape.residual_bits);
  share(rows_.size(), [&](std::size_t i, std::size_t slot) {
    std::int32_t* integers = room_for(scratch_[slot].integers, width);
    float* values = values_.data() + i * width;
    kernels.read_stream(residual_.data() + i * width, width, unit, values);
    kernels.normalize(norm, width, integers, values);
    scales_[i] = kernels.rotate(values, width, kRotatedLimit, kZeroPoint, integers,
                                inputs_.data() + i * width);
  });
}

void DecoderPass::project(const DecoderMatrix& matrix, const ScaledRows& left) {
  for_columns(matrix, [&](std::size_t first, std::size_t count) {
    engine_.kernels().project(left, matrix.columns(first, count), outputs_.data() + first,
                              matrix.outputs);
  });
}

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

// What was projected is added to the residual stream.
void DecoderPass::leave(const DecoderNorm& norm) {
  const DecoderShape& shape = engine_.shape();
  const DecoderKernels& kernels = engine_.kernels();
  const std::size_t width = shape.width;
  const float steps = std::ldexp(1.0F, shape.residual_bits);
  share(rows_.size(), [&](std::size_t i, std::size_t slot) {
    float* update = outputs_.data() + i * width;
    if (shape.post_norms) {
      kernels.normalize(norm, width, room_for(scratch_[slot].integers, width), update);
    }
    kernels.add_to_stream(update, width, steps, residual_.data() + i * width);
  });
}

void DecoderPass::activate() {
  const DecoderWeights& model = engine_.weights();
  const DecoderShape& shape = model.shape;
  const DecoderKernels& kernels = engine_.kernels();
  share(rows_.size(), [&](std::size_t i, std::size_t slot) {
    float* values = outputs_.data() + i * shape.up();
    kernels.activate(model.activation, model.activation_differences.data(),
                     static_cast<float>(shape.activation_range),
                     shape.gated ? values + shape.hidden : nullptr, shape.hidden, values);
    scales_[i] = kernels.rotate(values, shape.hidden, kRotatedLimit, kZeroPoint,
                                room_for(scratch_[slot].integers, shape.hidden),
                                inputs_.data() + i * shape.hidden);
  });
}

void DecoderPass::predict(const Sink& sink) {
  const DecoderWeights& model = engine_.weights();
  const std::size_t stride = model.head.outputs;
  const std::size_t vocabulary = model.shape.vocabulary;
  enter(model.final_norm);
  const ScaledRows left = inputs(model.shape.width);
  std::int16_t* logits = room_for(logits_, rows_.size() * stride);
  for_columns(model.head, [&](std::size_t first, std::size_t count) {
    engine_.kernels().logits(left, model.head.columns(first, count), logits + first, stride);
  });
  share(rows_.size(), [&](std::size_t i, std::size_t slot) {
    std::int32_t* weights = room_for(scratch_[slot].weights, stride);
    engine_.kernels().weigh(logits + i * stride, vocabulary, model.exp2.data(), weights);
    sink(slot, rows_[i].feed, rows_[i].step, {weights, vocabulary});
  });
}

ScaledRows DecoderPass::inputs(std::size_t width) const {
  return {{inputs_.data(), rows_.size(), width}, scales_.data()};
}

}  // namespace lmpack
