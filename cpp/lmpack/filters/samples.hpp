// Samples of recordings and pictures as what their prediction lacks (docs/filters.md, section 5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/block_steps.hpp"
#include "lmpack/filters/direction.hpp"

namespace lmpack {

class Samples {
 public:
  static constexpr std::size_t kMostChannels = 8;

  // Five bytes: those of a sample, how they stand for a number, channels, and samples in a row.
  explicit Samples(std::span<const std::uint8_t> parameters);

  template <Direction direction>
  void transform(std::vector<std::uint8_t>& bytes, const StepsDone& steps_done) const;

 private:
  template <Direction direction, typename Predictor>
  void transform_with(Predictor predictor, std::vector<std::uint8_t>& bytes,
                      const StepsDone& steps_done) const;

  int bits() const { return static_cast<int>(8 * width_); }
  std::uint32_t read(const std::uint8_t* bytes, bool is_big_endian) const;
  void write(std::uint32_t number, bool is_big_endian, std::uint8_t* bytes) const;

  std::size_t width_ = 0;  // bytes of a sample
  bool is_big_endian_ = false;
  bool is_signed_ = false;
  std::size_t channels_ = 0;
  std::size_t row_ = 0;  // 0: a recording
};

}  // namespace lmpack
