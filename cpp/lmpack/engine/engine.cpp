#include "lmpack/engine/engine.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <thread>
#include <utility>

#include "lmpack/engine/elementwise.hpp"
#include "lmpack/error.hpp"

namespace lmpack {
namespace {

// Rows (lanes times positions) that pass through the layers together: enough to use each weight
// often, few enough that the activations stay in the cache.
constexpr std::size_t kTileRows = 64;

// Odd, near 2**32 / golden ratio; the hash is specified in docs/model.md.
constexpr std::uint32_t kHashMultiplier = 0x9E3779B1;

// Calls work(first, last) for ranges that together are 0 .. count, each on a thread of its own.
template <typename Work>
void in_parallel(std::size_t count, std::size_t threads, const Work& work) {
  const std::size_t parts = std::max<std::size_t>(1, std::min(threads, count));
  std::vector<std::jthread> helpers;
  for (std::size_t part = 1; part < parts; ++part) {
    helpers.emplace_back(work, count * part / parts, count * (part + 1) / parts);
  }
  work(0, count / parts);
}

std::uint32_t hash_symbols(std::span<const std::int32_t> last) {
  std::uint32_t value = 0;
  for (const std::int32_t symbol : last) {
    value = (value + static_cast<std::uint32_t>(symbol) + 1) * kHashMultiplier;
    value ^= value >> 15;
  }
  return value;
}

}  // namespace

EngineState::EngineState(const ModelShape& shape, std::size_t lane_count)
    : lanes(lane_count),
      history(lane_count * shape.history(), shape.start_symbol()),
      rings(shape.layers * lane_count, Ring(shape.window, shape.head_width)) {}

// Some lanes over some positions, from embedding to output, with the working memory for it.
class Engine::Tile {
 public:
  Tile(const Engine& engine, EngineState& state)
      : engine_(engine), model_(engine.weights_), shape_(model_.shape), state_(state) {
    const std::size_t widest =
        std::max({shape_.qkv(), shape_.hidden, shape_.width, shape_.vocabulary});
    residual_.resize(kTileRows * shape_.width);
    activations_.resize(kTileRows * std::max(shape_.width, shape_.queries()));
    hidden_.resize(kTileRows * shape_.hidden);
    products_.resize(kTileRows * widest);
    queries_.resize(shape_.queries());
    const std::size_t slots = state.rings.front().slots;
    score_products_.resize(shape_.heads * slots);
    attention_.resize(shape_.heads * slots);
    mixed_.resize(shape_.heads * shape_.head_width);
    scores_.resize(std::max(slots, shape_.vocabulary));
    totals_.resize(shape_.heads);
    no_zero_point_.resize(shape_.width);
    key_.resize(shape_.head_width);
    value_.resize(shape_.head_width);
  }

  // Lanes `lane` to `lane + lanes`, positions `step` to `step + steps` of the call. `line` holds
  // for each lane of the call its history and then its symbols.
  void run(std::size_t lane, std::size_t lanes, std::size_t step, std::size_t steps,
           std::span<const std::int32_t> line, std::size_t line_length,
           std::span<std::int32_t> weights, std::size_t call_steps) {
    lane_ = lane;
    steps_ = steps;
    rows_ = lanes * steps;
    position_ = state_.position + step;
    for (std::size_t row = 0; row < rows_; ++row) {
      const std::size_t end =
          (lane + row / steps) * line_length + shape_.history() + step + row % steps + 1;
      embed(line.first(end), row);
    }
    for (std::size_t layer = 0; layer < shape_.layers; ++layer) {
      attend(layer);
      feed_forward(model_.layers[layer]);
    }
    normalize_rows();
    multiply(activations_.data(), model_.head);
    for (std::size_t row = 0; row < rows_; ++row) {
      const std::size_t cell = (lane + row / steps) * call_steps + step + row % steps;
      output_weights(product_row(row, model_.head), model_.head.column_sums, model_.head.multiplier,
                     std::span(scores_).first(shape_.vocabulary),
                     weights.subspan(cell * shape_.vocabulary, shape_.vocabulary));
    }
  }

 private:
  // `past` ends with the symbol of the row.
  void embed(std::span<const std::int32_t> past, std::size_t row) {
    const auto target = residual_row(row);
    std::ranges::fill(target, 0);
    add_embedding(static_cast<std::size_t>(past.back()), target);
    std::size_t first = shape_.vocabulary + 1;
    for (const NgramShape& table : shape_.ngrams) {
      add_embedding(first + hash_symbols(past.last(table.order)) % table.rows, target);
      first += table.rows;
    }
  }

  void add_embedding(std::size_t table_row, std::span<std::int32_t> target) const {
    const std::int8_t* entries = model_.embedding.data() + table_row * shape_.width;
    for (std::size_t i = 0; i < target.size(); ++i) target[i] += kEmbeddingStep * entries[i];
  }

  void attend(std::size_t layer) {
    const LayerWeights& weights = model_.layers[layer];
    normalize_rows();
    multiply(activations_.data(), weights.qkv);
    for (std::size_t row = 0; row < rows_; ++row) {
      const std::size_t lane = lane_ + row / steps_;
      Ring& ring = state_.rings[layer * state_.lanes + lane];
      attend_row(row, weights, ring, position_ + row % steps_);
    }
    multiply(activations_.data(), weights.out);
    add_products(weights.out, weights.out.column_sums);
  }

  // Writes the row's key and value into the ring and its mean of values into activations_, whose
  // rows are `queries()` wide from here on.
  void attend_row(std::size_t row, const LayerWeights& weights, Ring& ring,
                  std::uint64_t position) {
    const auto products = product_row(row, weights.qkv);
    const std::size_t queries = shape_.queries();
    const auto output = [&](std::size_t i, float limit) {
      const float value =
          scaled(products[i], weights.qkv.column_sums[i], weights.qkv.multiplier[i]);
      return static_cast<std::int32_t>(round_to_even(clip(value, -limit, limit)));
    };
    for (std::size_t i = 0; i < queries; ++i) {
      queries_[i] = static_cast<std::uint8_t>(output(i, kActivationLimit) + kZeroPoint);
    }
    for (std::size_t i = 0; i < shape_.head_width; ++i) {
      key_[i] = static_cast<std::int8_t>(output(queries + i, kKeyLimit));
      value_[i] = static_cast<std::int8_t>(output(queries + shape_.head_width + i, kKeyLimit));
    }
    const std::size_t slot = static_cast<std::size_t>(position % shape_.window);
    ring.write(slot, key_.data(), value_.data());
    const std::size_t visible =
        static_cast<std::size_t>(std::min<std::uint64_t>(position + 1, shape_.window));
    mix(weights, ring, slot, visible, std::span(activations_).subspan(row * queries, queries));
  }

  void mix(const LayerWeights& weights, const Ring& ring, std::size_t slot, std::size_t visible,
           std::span<std::uint8_t> means) {
    const std::size_t head = shape_.head_width;
    const std::size_t columns = (visible + kPanelColumns - 1) / kPanelColumns * kPanelColumns;
    const std::size_t inner = (visible + kGroupRows - 1) / kGroupRows * kGroupRows;
    engine_.kernel_.multiply({queries_.data(), head, shape_.heads, ring.keys.data(), head, head,
                              columns, score_products_.data(), ring.slots});
    for (std::size_t h = 0; h < shape_.heads; ++h) {
      const float* bias = weights.ring_bias.data() + h * 2 * shape_.window + shape_.window - slot;
      const auto of_head = std::span(attention_).subspan(h * ring.slots, inner);
      totals_[h] = attention_weights(
          std::span<const std::int32_t>(score_products_).subspan(h * ring.slots, visible),
          std::span<const std::int32_t>(ring.key_sums).first(visible), bias, model_.score_scale,
          std::span(scores_).first(visible), of_head.first(visible));
      std::ranges::fill(of_head.subspan(visible), std::uint8_t{0});
    }
    engine_.kernel_.multiply({attention_.data(), ring.slots, shape_.heads, ring.values.data(),
                              ring.slots, inner, head, mixed_.data(), head});
    for (std::size_t i = 0; i < means.size(); ++i) {
      const float mean = static_cast<float>(mixed_[i]) / static_cast<float>(totals_[i / head]);
      const float rounded =
          round_to_even(clip(mean * kAttentionGain, -kActivationLimit, kActivationLimit));
      means[i] = static_cast<std::uint8_t>(static_cast<std::int32_t>(rounded) + kZeroPoint);
    }
  }

  void feed_forward(const LayerWeights& weights) {
    normalize_rows();
    multiply(activations_.data(), weights.up);
    for (std::size_t row = 0; row < rows_; ++row) {
      activate(product_row(row, weights.up), weights.up.column_sums, weights.up.multiplier,
               shape_.squared_relu, std::span(hidden_).subspan(row * shape_.hidden, shape_.hidden));
    }
    multiply(hidden_.data(), weights.down);
    add_products(weights.down, no_zero_point_);
  }

  void normalize_rows() {
    for (std::size_t row = 0; row < rows_; ++row) {
      normalize(residual_row(row),
                std::span(activations_).subspan(row * shape_.width, shape_.width));
    }
  }

  void multiply(const std::uint8_t* left, const Matrix& matrix) {
    engine_.kernel_.multiply({left, matrix.inputs, rows_, matrix.packed.data(), matrix.inputs,
                              matrix.inputs, matrix.outputs, products_.data(), matrix.outputs});
  }

  void add_products(const Matrix& matrix, std::span<const std::int32_t> column_sums) {
    for (std::size_t row = 0; row < rows_; ++row) {
      add_to_residual(product_row(row, matrix), column_sums, matrix.multiplier, residual_row(row));
    }
  }

  std::span<std::int32_t> residual_row(std::size_t row) {
    return std::span(residual_).subspan(row * shape_.width, shape_.width);
  }

  std::span<const std::int32_t> product_row(std::size_t row, const Matrix& matrix) const {
    return std::span(products_).subspan(row * matrix.outputs, matrix.outputs);
  }

  const Engine& engine_;
  const ModelWeights& model_;
  const ModelShape& shape_;
  EngineState& state_;

  std::size_t lane_ = 0;
  std::size_t steps_ = 0;
  std::size_t rows_ = 0;
  std::uint64_t position_ = 0;

  std::vector<std::int32_t> residual_;        // [rows][width], +-32767
  std::vector<std::uint8_t> activations_;     // [rows][width or queries]
  std::vector<std::uint8_t> hidden_;          // [rows][hidden]
  std::vector<std::int32_t> products_;        // [rows][outputs of the last matrix]
  std::vector<std::uint8_t> queries_;         // [heads][head_width] of one row
  std::vector<std::int8_t> key_, value_;      // [head_width] of one row
  std::vector<std::int32_t> score_products_;  // [heads][slots] of one row
  std::vector<std::uint8_t> attention_;       // [heads][slots] of one row
  std::vector<std::int32_t> mixed_;           // [heads][head_width] of one row
  std::vector<std::int32_t> totals_;          // [heads]: sums of the attention weights of one row
  std::vector<std::int32_t> no_zero_point_;   // [width] zeros: what a left operand without one adds
  std::vector<float> scores_;
};

Engine::Engine(ModelWeights weights, ProductKernel kernel)
    : weights_(std::move(weights)), kernel_(std::move(kernel)) {}

void Engine::feed(EngineState& state, std::span<const std::int32_t> symbols, std::size_t steps,
                  std::span<std::int32_t> weights, std::size_t threads) const {
  check_feed(state, symbols, steps, weights.size());
  if (steps == 0) return;
  const std::size_t history = shape().history();
  const std::size_t length = history + steps;
  std::vector<std::int32_t> line(state.lanes * length);
  for (std::size_t lane = 0; lane < state.lanes; ++lane) {
    const auto target = line.begin() + static_cast<std::ptrdiff_t>(lane * length);
    const auto past = std::span(state.history).subspan(lane * history, history);
    const auto fed = symbols.subspan(lane * steps, steps);
    std::ranges::copy(fed, std::ranges::copy(past, target).out);
  }
  const std::size_t tile_steps = std::min(steps, kTileRows);
  const std::size_t tile_lanes = kTileRows / tile_steps;
  const auto work = [&](std::size_t first, std::size_t last) {
    Tile tile(*this, state);
    for (std::size_t lane = first; lane < last; lane += tile_lanes) {
      for (std::size_t step = 0; step < steps; step += tile_steps) {
        tile.run(lane, std::min(tile_lanes, last - lane), step, std::min(tile_steps, steps - step),
                 line, length, weights, steps);
      }
    }
  };
  in_parallel(state.lanes, threads, work);
  state.position += steps;
  for (std::size_t lane = 0; lane < state.lanes; ++lane) {
    const auto last = std::span(line).subspan(lane * length + steps, history);
    std::ranges::copy(last, state.history.begin() + static_cast<std::ptrdiff_t>(lane * history));
  }
}

void Engine::check_feed(const EngineState& state, std::span<const std::int32_t> symbols,
                        std::size_t steps, std::size_t weights) const {
  const Ring& ring = state.rings.front();
  if (state.rings.size() != shape().layers * state.lanes ||
      state.history.size() != shape().history() * state.lanes ||
      ring.head_width != shape().head_width || ring.window != shape().window) {
    throw InvalidArgument("the state belongs to an engine of another shape");
  }
  const std::size_t cells = state.lanes * steps;
  if (symbols.size() != cells || weights != cells * shape().vocabulary) {
    throw InvalidArgument(std::to_string(steps) + " steps of " + std::to_string(state.lanes) +
                          " lanes need as many symbols, and room for the weights of each; got " +
                          std::to_string(symbols.size()) + " and " + std::to_string(weights));
  }
  for (const std::int32_t symbol : symbols) {
    if (symbol < 0 || symbol > shape().start_symbol()) {
      throw InvalidArgument("a symbol must be 0 to " + std::to_string(shape().start_symbol()) +
                            ", not " + std::to_string(symbol));
    }
  }
}

}  // namespace lmpack
