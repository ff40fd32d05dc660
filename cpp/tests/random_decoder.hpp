// Decoders with random integers, for tests.
#pragma once

#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "lmpack/decoder/engine.hpp"

namespace lmpack::tests {

// Tensors of a decoder, kept by name. Only operations that IEEE 754 defines make them, so that they
// are the same everywhere.
class RandomDecoderTensors {
 public:
  RandomDecoderTensors(const DecoderShape& shape, unsigned seed) : shape_(shape), random_(seed) {}

  TensorSource source() {
    return {[this](const std::string& name, std::size_t size) {
              auto& tensor = int8_[name];
              while (tensor.size() < size) tensor.push_back(static_cast<std::int8_t>(pick(64)));
              return std::span<const std::int8_t>(tensor);
            },
            [this](const std::string& name, std::size_t size) {
              auto& tensor = float32_[name];
              for (std::size_t i = tensor.size(); i < size; ++i) tensor.push_back(value(name, i));
              return std::span<const float>(tensor);
            }};
  }

  std::vector<float>& float32(const std::string& name) { return float32_.at(name); }
  std::vector<std::int8_t>& int8(const std::string& name) { return int8_.at(name); }

 private:
  // Not a distribution of the standard library: those differ between libraries.
  int pick(int limit) {
    return static_cast<int>(random_() % static_cast<unsigned>(2 * limit + 1)) - limit;
  }

  float value(const std::string& name, std::size_t i) {
    const std::string part = name.substr(name.rfind('.') + 1);
    if (part == "multiplier") return multiplier(name) * (1 + static_cast<float>(pick(50)) / 100);
    if (part == "gain") return 1 + static_cast<float>(pick(50)) / 100;
    if (part == "bias") return static_cast<float>(pick(100)) / 256;
    if (part == "cos" || part == "sin") return angle(i, part == "cos");
    if (name == "positions") return static_cast<float>(pick(200));
    if (name == "norm_epsilon") return 1e-6F;
    if (name == "score_scale") {
      return 1.44F / std::sqrt(static_cast<float>(shape_.head_width)) / block(shape_.head_width);
    }
    return table(name, i);
  }

  // So that the results of a matrix are about as large as its inputs.
  float multiplier(const std::string& name) const {
    constexpr float kSpread = 37;  // standard deviation of a weight
    const bool out = name.find("out") != std::string::npos;
    const std::size_t inputs = out                                      ? shape_.queries()
                               : name.find("down") != std::string::npos ? shape_.hidden
                                                                        : shape_.width;
    const float rotation = out ? 1 : std::sqrt(block(inputs));
    if (name == "embedding.multiplier") {
      return std::ldexp(1.0F, shape_.residual_bits) / (kSpread * rotation);
    }
    const float unit = name == "head.multiplier" ? 768.0F : 65536.0F;
    return unit / (kSpread * std::sqrt(static_cast<float>(inputs)) * rotation);
  }

  static float block(std::size_t channels) {
    return static_cast<float>(std::min<std::size_t>(channels & (~channels + 1), 128));
  }

  // A point of the unit circle.
  float angle(std::size_t i, bool cos) const {
    const std::size_t pairs = shape_.head_width / 2;
    const float t = static_cast<float>((i / pairs) * (i % pairs + 1) % 17) / 16;
    return cos ? (1 - t * t) / (1 + t * t) : 2 * t / (1 + t * t);
  }

  float table(const std::string& name, std::size_t i) const {
    if (name == "exp2") return static_cast<float>((1U << 30) - (i << 21));
    if (name == "attention_exp2") {
      return i > 3072 ? 0 : static_cast<float>((65535 - i % 128 * 256) >> i / 128);
    }
    const float y = static_cast<float>(i) / 64 - static_cast<float>(shape_.activation_range);
    return 0.5F + 0.5F * y / (1 + std::fabs(y));
  }

  DecoderShape shape_;
  std::mt19937 random_;
  std::map<std::string, std::vector<std::int8_t>> int8_;
  std::map<std::string, std::vector<float>> float32_;
};

// An engine with its tensors.
struct RandomDecoder {
  RandomDecoder(const DecoderShape& shape, const Kernels& kernels, unsigned seed = 1)
      : tensors(shape, seed), engine(shape, tensors.source(), kernels) {}

  RandomDecoderTensors tensors;
  DecoderEngine engine;
};

// A shape like Llama's: grouped queries, a short window and one over the whole context.
inline DecoderShape small_decoder() {
  return {.vocabulary = 301,
          .width = 96,
          .heads = 6,
          .kv_heads = 2,
          .head_width = 64,
          .hidden = 160,
          .context = 80,
          .windows = {9, 80},
          .ropes = {1, 0},
          .residual_bits = 8,
          .layer_norm = false,
          .post_norms = false,
          .qk_norm = false,
          .gated = true,
          .activation_range = 16,
          .qkv_bias = false,
          .out_bias = false,
          .feed_forward_bias = false,
          .tied = true};
}

// Shapes with all that differs between families.
inline std::map<std::string, DecoderShape> decoder_families() {
  DecoderShape qwen = small_decoder();
  qwen.qkv_bias = true;
  qwen.tied = false;
  DecoderShape gemma = small_decoder();
  gemma.post_norms = gemma.qk_norm = true;
  gemma.activation_range = 8;
  gemma.width = 128;
  gemma.heads = 9;
  gemma.kv_heads = 1;
  gemma.head_width = 32;
  DecoderShape gpt = small_decoder();
  gpt.layer_norm = true;
  gpt.gated = false;
  gpt.qkv_bias = gpt.out_bias = gpt.feed_forward_bias = true;
  gpt.ropes = {};
  gpt.heads = gpt.kv_heads = 3;
  return {{"llama", small_decoder()}, {"qwen", qwen}, {"gemma", gemma}, {"gpt", gpt}};
}

}  // namespace lmpack::tests
