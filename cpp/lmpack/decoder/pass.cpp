#include "lmpack/decoder/pass.hpp"

#include <algorithm>
#include <cmath>

#include "lmpack/decoder/arithmetic.hpp"
#include "lmpack/engine/arithmetic.hpp"
#include "lmpack/engine/empty_at_exit.hpp"

namespace lmpack {
namespace {

// Symbols that pass through the layers together: enough to use each weight often, few enough that
// what lies between the layers stays in the cache.
constexpr std::size_t kMostRows = 64;

// Logits that are kept at a time.
constexpr std::size_t kMostLogits = std::size_t{1} << 24;

// Columns of a matrix that stay with one thread.
constexpr std::size_t kColumnBlock = 32;

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
