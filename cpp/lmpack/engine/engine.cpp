#include "lmpack/engine/engine.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <utility>

#include "lmpack/engine/context_hash.hpp"
#include "lmpack/engine/empty_at_exit.hpp"

namespace lmpack {
namespace {

std::uint64_t next_number() {
  static std::atomic<std::uint64_t> last = 0;
  return ++last;
}

}  // namespace

Engine::Engine(ModelWeights weights, const Kernels& kernels)
    : weights_(std::move(weights)), kernels_(kernels), number_(next_number()) {}

ForwardPass::ForwardPass(const Engine& engine) : engine_(engine) {
  const ModelShape& shape = engine.shape();
  const std::size_t slots = ring_slots(shape.longest_window());
  rows_.reserve(kMostRows);
  table_rows_.resize(kMostRows * (1 + shape.tables.size()));
  residual_.resize(kMostRows * shape.width);
  activations_.resize(kMostRows * shape.width);
  queries_.resize(kMostRows * shape.queries());
  keys_values_.resize(kMostRows * 2 * shape.head_width);
  means_.resize(kMostRows * shape.queries());
  hidden_.resize(kMostRows * shape.hidden);
  scores_.resize(kMostTileRows * slots);
  attention_.resize(kMostTileRows * slots);
  live_.resize(std::max(kMostRows * live_groups_room(shape.hidden), live_groups_room(slots)));
  logits_.resize(kMostRows * shape.vocabulary);
  odds_.resize(kMostRows * shape.vocabulary);
}

void ForwardPass::run(std::span<const LaneFeed> feeds, const Sink& sink) {
  const EmptyAtExit empty_at_exit(rows_);
  for (std::size_t feed = 0; feed < feeds.size(); ++feed) {
    for (std::size_t step = 0; step < feeds[feed].symbols.size(); ++step) {
      add_row(feeds[feed], feed, step);
      if (rows_.size() < kMostRows) continue;
      embed();
      finish(sink);
    }
  }
  if (rows_.empty()) return;
  embed();
  finish(sink);
}

void ForwardPass::start(std::span<const LaneFeed> feeds) {
  rows_.clear();
  for (std::size_t feed = 0; feed < feeds.size(); ++feed) {
    for (std::size_t step = 0; step < feeds[feed].symbols.size(); ++step) {
      add_row(feeds[feed], feed, step);
    }
  }
  embed();
}

bool ForwardPass::advance() {
  const ModelWeights& model = engine_.weights();
  const std::size_t layer = stage_ / 2;
  if (layer == model.layers.size()) {
    normalize();
    engine_.kernels().head(rows(activations_, model.shape.width), model.head, logits_.data(),
                           odds_.data());
  } else if (stage_ % 2 == 0) {
    add_attention(layer);
  } else {
    add_feed_forward(model.layers[layer]);
  }
  return stage_++ < 2 * model.layers.size();
}

void ForwardPass::finish(const Sink& sink) {
  const EmptyAtExit empty_at_exit(rows_);
  const std::size_t vocabulary = engine_.shape().vocabulary;
  while (stage_ <= 2 * engine_.shape().layers()) advance();
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    sink(rows_[i].feed, rows_[i].step, {odds_.data() + i * vocabulary, vocabulary});
  }
}

void ForwardPass::leave(Rest& rest) {
  rest.rows_ = rows_;
  rest.residual_.assign(
      residual_.begin(),
      residual_.begin() + static_cast<std::ptrdiff_t>(rows_.size() * engine_.shape().width));
  rest.stage_ = stage_;
  rows_.clear();
}

void ForwardPass::resume(const Rest& rest) {
  rows_ = rest.rows_;
  std::ranges::copy(rest.residual_, residual_.begin());
  stage_ = rest.stage_;
}

void ForwardPass::add_row(const LaneFeed& feed, std::size_t number, std::size_t step) {
  look_up(*feed.lane, feed.symbols[step]);
  rows_.push_back({feed.lane, feed.lane->position++, number, step});
}

// The symbol's row and those of the contexts that it ends; the lane remembers it. Few of the rows
// are in a cache, so they are fetched long before they are summed.
void ForwardPass::look_up(Lane& lane, std::int32_t symbol) {
  const ModelWeights& model = engine_.weights();
  const ModelShape& shape = model.shape;
  recent_.assign(lane.history.begin(), lane.history.end());
  recent_.push_back(symbol);
  const auto first = static_cast<std::size_t>(symbol) * shape.width;
  TableRow* found = table_rows_.data() + rows_.size() * (1 + shape.tables.size());
  *found++ = {model.embedding.data() + first, 0, shape.width};
  for (std::size_t i = 0; i < shape.tables.size(); ++i) {
    const ContextTable& table = shape.tables[i];
    const std::size_t row = hash_context(table, recent_) % table.rows;
    const std::int8_t* entries = model.tables[i].data() + row * table.width;
    for (std::size_t at = 0; at < table.width; at += kCacheLine) __builtin_prefetch(entries + at);
    *found++ = {entries, table.channel, table.width};
  }
  lane.history.assign(recent_.begin() + 1, recent_.end());
}

void ForwardPass::embed() {
  const ModelShape& shape = engine_.shape();
  const std::size_t count = 1 + shape.tables.size();
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    engine_.kernels().embed(table_rows_.data() + i * count, count,
                            residual_.data() + i * shape.width);
  }
  stage_ = 0;
}

void ForwardPass::add_attention(std::size_t number) {
  const LayerWeights& layer = engine_.weights().layers[number];
  const ModelShape& shape = engine_.shape();
  const Kernels& kernels = engine_.kernels();
  normalize();
  kernels.qkv(rows(activations_, shape.width), layer.qkv, shape.queries(), queries_.data(),
              keys_values_.data());
  attend(layer, number);
  kernels.project_residual(rows(means_, shape.queries()), layer.out, residual_.data());
}

void ForwardPass::add_feed_forward(const LayerWeights& layer) {
  const ModelShape& shape = engine_.shape();
  const Kernels& kernels = engine_.kernels();
  normalize();
  kernels.feed_forward_up(rows(activations_, shape.width), layer.up, shape.squared_relu,
                          hidden_.data());
  kernels.feed_forward_down(rows(hidden_, shape.hidden), layer.down, live_.data(),
                            residual_.data());
}

void ForwardPass::attend(const LayerWeights& layer, std::size_t number) {
  for (std::size_t i = 0; i < rows_.size();) i += attend_from(i, layer, number);
}

// As many rows from `first` on as follow each other in one lane, without a turn of its ring: their
// keys and values enter the ring, then their queries see what is there. Gives how many.
std::size_t ForwardPass::attend_from(std::size_t first, const LayerWeights& layer,
                                     std::size_t number) {
  const ModelWeights& model = engine_.weights();
  const ModelShape& shape = model.shape;
  Lane* const lane = rows_[first].lane;
  Ring& ring = lane->rings[number];
  const std::uint64_t position = rows_[first].position;
  const auto slot = static_cast<std::size_t>(position % ring.slots);
  const std::size_t most = std::min({kMostAttending, ring.slots - slot, rows_.size() - first});
  std::size_t count = 0;
  for (; count < most && rows_[first + count].lane == lane; ++count) {
    const auto* key = reinterpret_cast<const std::int8_t*>(keys_values_.data() +
                                                           (first + count) * 2 * shape.head_width);
    ring.write(slot + count, key, key + shape.head_width);
  }
  const auto written = std::min<std::uint64_t>(position + count, ring.slots);
  engine_.kernels().attend({.positions = count,
                            .heads = shape.heads,
                            .head_width = shape.head_width,
                            .queries = queries_.data() + first * shape.queries(),
                            .keys = ring.keys.data(),
                            .values = ring.values.data(),
                            .compensation = ring.compensation.data(),
                            .slots = ring.slots,
                            .visible = static_cast<std::size_t>(written),
                            .bias = layer.ring_bias.data() + ring.slots - slot,
                            .bias_stride = layer.bias_stride(),
                            .score_scale = model.score_scale,
                            .scores = scores_.data(),
                            .attention = attention_.data(),
                            .live = live_.data(),
                            .means = means_.data() + first * shape.queries()});
  return count;
}

void ForwardPass::normalize() {
  engine_.kernels().normalize(residual_.data(), rows_.size(), engine_.shape().width,
                              activations_.data());
}

Rows ForwardPass::rows(const AlignedVector<std::uint8_t>& values, std::size_t width) const {
  return {values.data(), rows_.size(), width};
}

}  // namespace lmpack
