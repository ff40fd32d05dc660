// The forward pass of a decoder: rows of any lanes at any positions through the layers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "lmpack/aligned.hpp"
#include "lmpack/decoder/engine.hpp"
#include "lmpack/decoder/lane.hpp"
#include "lmpack/thread_team.hpp"

namespace lmpack {

// The next symbols of one lane.
struct DecoderFeed {
  DecoderLane* lane;
  std::span<const std::int32_t> symbols;  // each below the vocabulary or the start symbol
};

// With the working memory of one caller, who may have helpers.
class DecoderPass {
 public:
  // Takes the weights int32 [vocabulary] of the symbol after symbol `step` of feed `feed`. With
  // helpers it is called by several threads at the same time, each with another slot.
  using Sink = std::function<void(std::size_t slot, std::size_t feed, std::size_t step,
                                  std::span<const std::int32_t> weights)>;

  explicit DecoderPass(const DecoderEngine& engine);

  // Feeds all symbols to their lanes, which must be different ones and have room for them. All
  // threads of the lease share each step; without one, slot is 0. What the sink throws goes
  // through: the lanes are then somewhere in the middle and of no more use, the pass is.
  void run(std::span<const DecoderFeed> feeds, const Sink& sink,
           const ThreadTeam::Lease* helpers = nullptr);

 private:
  // One symbol on its way through the layers.
  struct Row {
    DecoderLane* lane;
    std::int32_t symbol;
    std::size_t position;
    std::size_t feed;
    std::size_t step;
  };

  // Working memory of one thread, made when it is first needed.
  struct Scratch {
    AlignedVector<std::int32_t> integers;  // [channels]
    AlignedVector<float> scores;           // of DecoderAttention, as are the next two
    AlignedVector<float> ratios;
    AlignedVector<std::uint8_t> planes;
    AlignedVector<std::int32_t> weights;  // [vocabulary]
  };

  void finish_rows(const Sink& sink);
  void embed();
  void run_layer(const DecoderLayer& layer, std::size_t number);
  void enter(const DecoderNorm& norm);
  void project(const DecoderMatrix& matrix, const ScaledRows& left);
  void make_heads(const DecoderLayer& layer);
  float make_head(const DecoderLayer& layer, std::size_t row, std::size_t head, Scratch& scratch);
  void attend(std::size_t layer);
  void remember(DecoderRing& ring, std::size_t row, std::size_t kv_head);
  void attend_row(const DecoderRing& ring, std::size_t row, std::size_t kv_head, Scratch& scratch);
  void leave(const DecoderNorm& norm);
  void activate();
  void predict(const Sink& sink);
  ScaledRows inputs(std::size_t width) const;

  // Memory of at least this size, which may hold anything.
  template <typename Element>
  static Element* room_for(AlignedVector<Element>& memory, std::size_t size) {
    if (memory.size() < size) memory.resize(size);
    return memory.data();
  }

  // Runs work(item, slot) for all items below `count`, on all threads that help.
  template <typename Work>
  void share(std::size_t count, const Work& work);

  // Runs work(first, count) for columns of a matrix that together are all of them.
  template <typename Work>
  void for_columns(const DecoderMatrix& matrix, const Work& work);

  const DecoderEngine& engine_;
  const ThreadTeam::Lease* helpers_ = nullptr;
  std::size_t most_rows_;
  std::vector<Row> rows_;
  std::vector<std::size_t> lane_starts_;  // rows at which another lane begins, and their number

  AlignedVector<std::int32_t> residual_;  // [rows][width]
  AlignedVector<float> values_;           // [rows][channels]: what rotations and norms work on
  AlignedVector<std::uint8_t> inputs_;    // [rows][channels]: the left operand of a matrix
  AlignedVector<float> scales_;           // [rows]: its scales
  AlignedVector<float> outputs_;          // [rows][channels]: the results of a matrix
  AlignedVector<std::uint8_t> heads_;     // [rows][qkv]: queries, keys and values of 8 bits
  AlignedVector<float> head_scales_;      // [rows][heads + 2 * kv_heads]
  AlignedVector<std::int16_t>
      logits_;                    // [rows][outputs of the head], of as many rows as there were
  std::vector<Scratch> scratch_;  // by slot
};

template <typename Work>
void DecoderPass::share(std::size_t count, const Work& work) {
  if (helpers_ != nullptr) {
    helpers_->run(count, work);
  } else {
    for (std::size_t item = 0; item < count; ++item) work(item, 0);
  }
}

}  // namespace lmpack
