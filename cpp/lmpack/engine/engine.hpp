// The forward pass of an exact Transformer on a CPU: the same integers as its ONNX graph.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "lmpack/engine/kernels.hpp"
#include "lmpack/engine/lane.hpp"
#include "lmpack/engine/model.hpp"

namespace lmpack {

// Immutable, so that several threads may use one engine, each with a pass of its own.
class Engine {
 public:
  Engine(ModelWeights weights, const Kernels& kernels);

  const ModelShape& shape() const { return weights_.shape; }
  const ModelWeights& weights() const { return weights_; }
  const Kernels& kernels() const { return kernels_; }

  // Tells engines of this process apart, for as long as it runs; copies have the same.
  std::uint64_t number() const { return number_; }

 private:
  ModelWeights weights_;
  const Kernels& kernels_;
  std::uint64_t number_;
};

// The next symbols of one lane.
struct LaneFeed {
  Lane* lane;
  std::span<const std::int32_t> symbols;  // each below the vocabulary or the start symbol
};

// The pass itself, with the working memory of one thread.
class ForwardPass {
  // One symbol on its way through the layers.
  struct Row {
    Lane* lane;
    std::uint64_t position;
    std::size_t feed;
    std::size_t step;
  };

 public:
  // Takes the odds int32 [vocabulary] of the symbol after symbol `step` of feed `feed`.
  using Sink =
      std::function<void(std::size_t feed, std::size_t step, std::span<const std::int32_t> odds)>;

  // Symbols that pass through the layers together, at most: enough to use each weight often, few
  // enough that what lies between the layers stays in the cache.
  static constexpr std::size_t kMostRows = 64;

  explicit ForwardPass(const Engine& engine);

  // Feeds all symbols to their lanes, which must be different ones. What the sink throws goes
  // through: the lanes are then somewhere in the middle and of no more use, the pass is.
  void run(std::span<const LaneFeed> feeds, const Sink& sink);

  // The same in parts, for at most kMostRows symbols: start(), advance() as long as it gives true,
  // finish(), which does what is left.
  void start(std::span<const LaneFeed> feeds);
  bool advance();
  void finish(const Sink& sink);

  // What goes on elsewhere.
  class Rest {
    friend ForwardPass;
    std::vector<Row> rows_;
    std::vector<std::int32_t> residual_;
    std::size_t stage_ = 0;
  };

  // Leaves what was started to whoever calls resume(), on a pass of the same engine.
  void leave(Rest& rest);
  void resume(const Rest& rest);

 private:
  void look_up(Lane& lane, std::int32_t symbol);
  void add_row(const LaneFeed& feed, std::size_t number, std::size_t step);
  void embed();
  void add_attention(std::size_t layer);
  void add_feed_forward(const LayerWeights& layer);
  void attend(const LayerWeights& layer, std::size_t number);
  std::size_t attend_from(std::size_t first, const LayerWeights& layer, std::size_t number);
  void normalize();
  Rows rows(const AlignedVector<std::uint8_t>& values, std::size_t width) const;

  const Engine& engine_;

  std::vector<Row> rows_;
  std::size_t stage_ = 0;  // the next one: two for each layer, then the head

  std::vector<TableRow> table_rows_;         // [rows][1 + tables] of the embedding
  std::vector<std::int32_t> recent_;         // history and symbol
  AlignedVector<std::int32_t> residual_;     // [rows][width], +-32767
  AlignedVector<std::uint8_t> activations_;  // [rows][width]
  AlignedVector<std::uint8_t> queries_;      // [rows][queries]
  AlignedVector<std::uint8_t> keys_values_;  // [rows][2 * head_width]
  AlignedVector<std::uint8_t> means_;        // [rows][queries]
  AlignedVector<std::uint8_t> hidden_;       // [rows][hidden]
  AlignedVector<std::int32_t> scores_;       // [kMostTileRows][slots] of attention
  AlignedVector<std::uint8_t> attention_;    // [kMostTileRows][slots]
  AlignedVector<std::uint16_t> live_;        // lists of what is not 0
  AlignedVector<float> logits_;              // [rows][vocabulary]
  AlignedVector<std::int32_t> odds_;         // [rows][vocabulary]
};

}  // namespace lmpack
