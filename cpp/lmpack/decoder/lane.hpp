// What the engine remembers of one lane of a decoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmpack/aligned.hpp"
#include "lmpack/decoder/shape.hpp"

namespace lmpack {

// Keys and values of the last positions of one head of one layer: slot s holds position p with
// p % window == s. Both are packed, so that scores and means are integer products over the slots:
// keys as [head_width][slots], values as [slots][head_width].
class DecoderRing {
 public:
  DecoderRing(std::size_t window, std::size_t head_width)
      : window_(window), head_width_(head_width) {}

  // Makes room for so many positions of a segment, all of which may be in sight.
  void reserve(std::size_t positions);

  // key and value: head_width integers in -64 .. 64. There must be room for the position.
  void write(std::size_t position, const std::int8_t* key, float key_scale,
             const std::int8_t* value, float value_scale);

  std::size_t window() const { return window_; }
  std::size_t slots() const { return compensation_.size(); }
  const std::int8_t* keys() const { return keys_.data(); }
  const std::int8_t* values() const { return values_.data(); }
  const std::int32_t* compensation() const { return compensation_.data(); }
  const float* key_scales() const { return key_scales_.data(); }
  const float* value_scales() const { return value_scales_.data(); }

 private:
  std::size_t window_;
  std::size_t head_width_;
  AlignedVector<std::int8_t> keys_;
  AlignedVector<std::int8_t> values_;
  AlignedVector<std::int32_t> compensation_;  // [slots]: takes the zero point of the queries out
  AlignedVector<float> key_scales_;           // [slots]
  AlignedVector<float> value_scales_;         // [slots]
};

// A segment of a lane.
struct DecoderLane {
  explicit DecoderLane(const DecoderShape& shape) {
    for (const std::size_t window : shape.windows) {
      for (std::size_t head = 0; head < shape.kv_heads; ++head) {
        rings.emplace_back(window, shape.head_width);
      }
    }
  }

  std::size_t position = 0;        // symbols of the segment that were fed so far
  std::vector<DecoderRing> rings;  // [layers][kv_heads]
};

}  // namespace lmpack
