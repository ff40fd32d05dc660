// Predicts the samples of a picture from those around them (docs/filters.md, section 5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmpack/filters/stages.hpp"

namespace lmpack {

class PicturePredictor {
 public:
  // Where samples look.
  struct Shape {
    std::size_t channels;  // of a pixel
    std::size_t row;       // samples in a row, at least three pixels
    std::size_t samples;   // in all
  };

  // For samples of 8 or 16 bits with a sign.
  PicturePredictor(Shape shape, int bits);

  // The next sample, within its bits.
  std::int32_t predict();

  // The sample that came, within its bits.
  void update(std::int32_t sample);

 private:
  // The sample so many before the next one; 0 before the first.
  std::int32_t back(std::size_t distance) const;

  std::int32_t reference() const;
  void look_around();

  std::size_t channels_;
  std::size_t row_;
  std::int32_t least_;
  std::int32_t largest_;
  std::vector<std::int32_t> samples_;  // a ring; its size is a power of two
  std::size_t done_ = 0;               // samples that came
  std::size_t turn_ = 0;               // the channel of the next sample
  std::vector<Stages> stages_;         // of each channel
  std::vector<std::int32_t> around_;   // what the first stage sees
  std::int32_t reference_ = 0;         // what all values are counted from
  std::int64_t prediction_ = 0;        // in units of 2**-kFraction
};

}  // namespace lmpack
