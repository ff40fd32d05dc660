#include "lmpack/decoder/weights.hpp"

#include <cmath>
#include <string>
#include <utility>

#include "lmpack/decoder/arithmetic.hpp"
#include "lmpack/error.hpp"

namespace lmpack {
namespace {

constexpr std::size_t kOutputMultiple = 32;
constexpr std::size_t kFloatMultiple = 16;
constexpr float kSmallestSize = 0x1p-40F;

// What the values of a tensor are, beside 0: 2^-40 to 2^30 in size, so that nothing becomes
// infinite.
struct FloatBounds {
  float largest = 0x1p30F;
  bool positive = false;
  bool integers = false;
};

constexpr FloatBounds kAny{};
constexpr FloatBounds kPositive{.positive = true};
constexpr FloatBounds kFactors{.largest = 1};
constexpr FloatBounds kPositions{.largest = kStreamLimit, .integers = true};

bool within(float value, const FloatBounds& bounds) {
  const float size = std::fabs(value);
  if (bounds.positive && !(value > 0)) return false;
  if (bounds.integers && std::nearbyint(value) != value) return false;
  return value == 0 || (size >= kSmallestSize && size <= bounds.largest);
}

class Loader {
 public:
  Loader(const DecoderShape& shape, const TensorSource& source, const DecoderKernels& kernels)
      : source_(source), kernels_(kernels), shape_(shape) {
    weights_.shape = shape;
  }

  DecoderWeights load() {
    load_vocabulary();
    load_tables();
    const float* score_scales = floats("score_scale", shape_.layers(),
                                       round_up(shape_.layers(), kFloatMultiple), kPositive);
    for (std::size_t i = 0; i < shape_.layers(); ++i) {
      weights_.layers.push_back(layer(i, score_scales[i]));
    }
    weights_.final_norm = norm("final_norm");
    return std::move(weights_);
  }

 private:
  // The first `count` values of a tensor are checked.
  const float* floats(const std::string& name, std::size_t count, std::size_t size,
                      const FloatBounds& bounds) {
    const auto values = source_.float32(name, size);
    for (const float value : values.first(count)) {
      if (!within(value, bounds)) {
        throw InvalidArgument(name + " has a value that is out of its bounds");
      }
    }
    return values.data();
  }

  const float* floats(const std::string& name, std::size_t size, const FloatBounds& bounds = kAny) {
    return floats(name, size, size, bounds);
  }

  DecoderMatrix matrix(const std::string& name, std::size_t inputs, std::size_t outputs,
                       bool biased) {
    const std::size_t stored = round_up(outputs, kOutputMultiple);
    const auto weights = source_.int8(name + ".weight", inputs * stored);
    auto& compensation = weights_.compensations.emplace_back(stored);
    if (!kernels_.sum_columns(weights.data(), inputs, stored, compensation.data())) {
      throw InvalidArgument(name + " has a weight that is not within -64 to 64");
    }
    return {inputs,
            stored,
            weights.data(),
            compensation.data(),
            floats(name + ".multiplier", stored, kPositive),
            biased ? floats(name + ".bias", stored) : nullptr};
  }

  void load_vocabulary() {
    const std::size_t tokens = shape_.vocabulary;
    weights_.embedding = matrix("embedding", shape_.width, tokens + 1, false);
    if (shape_.tied) {
      weights_.head = weights_.embedding;
      weights_.head.multiplier = floats("head.multiplier", weights_.head.outputs, kPositive);
      weights_.head.outputs = round_up(tokens, kOutputMultiple);
    } else {
      weights_.head = matrix("head", shape_.width, tokens, false);
    }
  }

  void load_tables() {
    for (std::size_t i = 0; i < shape_.rope_tables(); ++i) {
      const std::string name = "rope." + std::to_string(i);
      const std::size_t size = shape_.context * shape_.head_width / 2;
      weights_.ropes.push_back(
          {floats(name + ".cos", size, kFactors), floats(name + ".sin", size, kFactors)});
    }
    if (shape_.ropes.empty()) {
      weights_.positions = floats("positions", shape_.context * shape_.width, kPositions);
    }
    weights_.attention_exp2 =
        integers("attention_exp2", kScoreKnots, round_up(kScoreKnots, kFloatMultiple),
                 static_cast<float>(kAttentionTop));
    const float* exp2 =
        integers("exp2", kLogitSteps, kLogitSteps, static_cast<float>(kLargestWeight));
    for (std::size_t i = 0; i < kLogitSteps; ++i) {
      weights_.exp2.push_back(static_cast<std::int32_t>(exp2[i]));
    }
    const std::size_t steps =
        2 * static_cast<std::size_t>(kActivationSteps) * shape_.activation_range;
    weights_.activation = floats("activation", steps + 2, steps + kFloatMultiple, kFactors);
    for (std::size_t i = 0; i <= steps; ++i) {
      weights_.activation_differences.push_back(weights_.activation[i + 1] -
                                                weights_.activation[i]);
    }
  }

  // Integers from 0 to `top`, which the first one is.
  const float* integers(const std::string& name, std::size_t count, std::size_t size, float top) {
    const float* values = floats(name, count, size, {.largest = top, .integers = true});
    for (std::size_t i = 0; i < count; ++i) {
      if (values[i] < 0 || values[0] != top) {
        throw InvalidArgument(name + " must start with its largest value and hold none below 0");
      }
    }
    return values;
  }

  DecoderNorm norm(const std::string& name) {
    DecoderNorm result = rms_norm(name, shape_.width);
    result.layer = shape_.layer_norm;
    if (result.layer) result.bias = floats(name + ".bias", shape_.width);
    return result;
  }

  DecoderNorm rms_norm(const std::string& name, std::size_t channels) {
    return {.layer = false,
            .epsilon = *floats("norm_epsilon", 1, kFloatMultiple, kPositive),
            .gain = floats(name + ".gain", channels),
            .bias = nullptr};
  }

  DecoderLayer layer(std::size_t number, float score_scale) {
    const std::string name = "layers." + std::to_string(number) + ".";
    DecoderLayer result{
        .window = shape_.windows[number],
        .rope = shape_.ropes.empty() ? 0 : shape_.ropes[number],
        .score_scale = score_scale,
        .qkv = matrix(name + "qkv", shape_.width, shape_.qkv(), shape_.qkv_bias),
        .out = matrix(name + "out", shape_.queries(), shape_.width, shape_.out_bias),
        .up = matrix(name + "up", shape_.width, shape_.up(), shape_.feed_forward_bias),
        .down = matrix(name + "down", shape_.hidden, shape_.width, shape_.feed_forward_bias),
        .attention_norm = norm(name + "attention_norm"),
        .feed_forward_norm = norm(name + "feed_forward_norm"),
        .post_attention_norm = {},
        .post_feed_forward_norm = {},
        .q_norm = {},
        .k_norm = {}};
    if (shape_.post_norms) {
      result.post_attention_norm = norm(name + "post_attention_norm");
      result.post_feed_forward_norm = norm(name + "post_feed_forward_norm");
    }
    if (shape_.qk_norm) {
      result.q_norm = rms_norm(name + "q_norm", shape_.head_width);
      result.k_norm = rms_norm(name + "k_norm", shape_.head_width);
    }
    return result;
  }

  const TensorSource& source_;
  const DecoderKernels& kernels_;
  const DecoderShape& shape_;
  DecoderWeights weights_;
};

}  // namespace

DecoderWeights load_weights(const DecoderShape& shape, const TensorSource& source,
                            const DecoderKernels& kernels) {
  check_shape(shape);
  return Loader(shape, source, kernels).load();
}

}  // namespace lmpack
