#include "lmpack/filters/samples.hpp"

#include "lmpack/filters/picture_predictor.hpp"
#include "lmpack/filters/progress.hpp"
#include "lmpack/filters/recording_predictor.hpp"

namespace lmpack {
namespace {

constexpr std::uint8_t kBigEndian = 1;
constexpr std::uint8_t kSigned = 2;

// Numbers of so many bits, of which only the lowest are looked at.
class Numbers {
 public:
  explicit Numbers(int bits) : half_(std::uint32_t{1} << (bits - 1)) {}

  // As a number with a sign.
  std::int32_t with_sign(std::uint32_t number) const {
    const std::uint32_t kept = number & (2 * half_ - 1);
    return static_cast<std::int32_t>(kept ^ half_) - static_cast<std::int32_t>(half_);
  }

  // 0, -1, 1, -2, 2, ... become 0, 1, 2, 3, 4, ..., so that small residuals have high bytes of 0.
  std::uint32_t folded(std::uint32_t number) const {
    const std::int32_t value = with_sign(number);
    return static_cast<std::uint32_t>(value < 0 ? -2 * value - 1 : 2 * value);
  }

  // The inverse.
  static std::uint32_t unfolded(std::uint32_t number) {
    return number % 2 != 0 ? ~(number / 2) : number / 2;
  }

  std::uint32_t half() const { return half_; }

 private:
  std::uint32_t half_;
};

}  // namespace

Samples::Samples(std::span<const std::uint8_t> parameters) {
  check_parameters(parameters, 5);
  width_ = parameters[0];
  require_parameter(width_ >= 1 && width_ <= 3, "samples have 1, 2 or 3 bytes");
  require_parameter(parameters[1] <= (kBigEndian | kSigned), "samples of an unknown kind");
  is_big_endian_ = (parameters[1] & kBigEndian) != 0;
  is_signed_ = (parameters[1] & kSigned) != 0;
  channels_ = parameters[2];
  require_parameter(channels_ >= 1 && channels_ <= kMostChannels, "there can be 1 to 8 channels");
  row_ = std::size_t{parameters[3]} | std::size_t{parameters[4]} << 8;
  require_parameter(row_ == 0 || (row_ % channels_ == 0 && row_ >= 3 * channels_ && width_ < 3),
                    "a row has at least three whole pixels of 1 or 2 bytes a sample");
}

std::uint32_t Samples::read(const std::uint8_t* bytes, bool is_big_endian) const {
  std::uint32_t number = 0;
  for (std::size_t k = 0; k < width_; ++k) {
    number = number << 8 | bytes[is_big_endian ? k : width_ - 1 - k];
  }
  return number;
}

void Samples::write(std::uint32_t number, bool is_big_endian, std::uint8_t* bytes) const {
  for (std::size_t k = 0; k < width_; ++k) {
    bytes[is_big_endian ? width_ - 1 - k : k] = static_cast<std::uint8_t>(number >> 8 * k);
  }
}

template <Direction direction, typename Predictor>
void Samples::transform_with(Predictor predictor, std::vector<std::uint8_t>& bytes,
                             const StepsDone& steps_done) const {
  const Numbers numbers(bits());
  // Numbers without a sign are counted from the middle of their range.
  const std::uint32_t middle = is_signed_ ? 0 : numbers.half();
  FilterProgress progress(steps_done);
  for (std::size_t i = 0; i + width_ <= bytes.size(); i += width_) {
    progress.at(i);
    const auto prediction = static_cast<std::uint32_t>(predictor.predict());
    if constexpr (direction == Direction::kForward) {
      const std::int32_t sample = numbers.with_sign(read(&bytes[i], is_big_endian_) - middle);
      // The difference may leave the bits; modulo 2**bits it is enough to come back.
      const std::uint32_t residual = static_cast<std::uint32_t>(sample) - prediction;
      write(numbers.folded(residual), true, &bytes[i]);
      predictor.update(sample);
    } else {
      const std::uint32_t residual = Numbers::unfolded(read(&bytes[i], true));
      const std::int32_t sample = numbers.with_sign(residual + prediction);
      write(static_cast<std::uint32_t>(sample) + middle, is_big_endian_, &bytes[i]);
      predictor.update(sample);
    }
  }
}

template <Direction direction>
void Samples::transform(std::vector<std::uint8_t>& bytes, const StepsDone& steps_done) const {
  if (row_ == 0) {
    transform_with<direction>(RecordingPredictor(channels_, bits()), bytes, steps_done);
  } else {
    const PicturePredictor::Shape shape{channels_, row_, bytes.size() / width_};
    transform_with<direction>(PicturePredictor(shape, bits()), bytes, steps_done);
  }
}

template void Samples::transform<Direction::kForward>(std::vector<std::uint8_t>&,
                                                      const StepsDone&) const;
template void Samples::transform<Direction::kBack>(std::vector<std::uint8_t>&,
                                                   const StepsDone&) const;

}  // namespace lmpack
