#include "lmpack/decoder/shape.hpp"

#include <string>

#include "lmpack/error.hpp"

namespace lmpack {
namespace {

constexpr std::size_t kMultiple = 32;
constexpr std::size_t kLargestVocabulary = std::size_t{1} << 20;
constexpr std::size_t kLargestWidth = 8192;
constexpr std::size_t kLargestHeads = 1024;
constexpr std::size_t kLargestHead = 2048;
constexpr std::size_t kLargestInputs = std::size_t{1} << 18;
constexpr std::size_t kLargestContext = 65536;
constexpr std::size_t kMostLayers = 1024;
constexpr int kFewestResidualBits = -16;
constexpr int kMostResidualBits = 24;

void check_range(const char* name, std::size_t value, std::size_t smallest, std::size_t largest) {
  if (value < smallest || value > largest) {
    throw InvalidArgument(std::string(name) + " must be " + std::to_string(smallest) + " to " +
                          std::to_string(largest) + ", not " + std::to_string(value));
  }
}

void check_channels(const char* name, std::size_t value, std::size_t largest) {
  check_range(name, value, kMultiple, largest);
  if (value % kMultiple != 0) {
    throw InvalidArgument(std::string(name) + " must be a multiple of " +
                          std::to_string(kMultiple) + ", not " + std::to_string(value));
  }
}

}  // namespace

void check_shape(const DecoderShape& shape) {
  check_range("the vocabulary", shape.vocabulary, 1, kLargestVocabulary);
  check_channels("the width", shape.width, kLargestWidth);
  check_channels("the width of a head", shape.head_width, kLargestHead);
  check_channels("the hidden layer", shape.hidden, kLargestInputs);
  check_range("the number of heads", shape.heads, 1, kLargestHeads);
  check_range("the channels of all heads", shape.queries(), kMultiple, kLargestInputs);
  check_range("the number of heads of keys", shape.kv_heads, 1, shape.heads);
  if (shape.heads % shape.kv_heads != 0) {
    throw InvalidArgument(std::to_string(shape.heads) + " heads cannot share " +
                          std::to_string(shape.kv_heads) + " heads of keys");
  }
  check_range("the context", shape.context, 1, kLargestContext);
  check_range("the number of layers", shape.layers(), 1, kMostLayers);
  for (const std::size_t window : shape.windows) check_range("a window", window, 1, shape.context);
  if (!shape.ropes.empty()) {
    check_range("the number of ropes", shape.ropes.size(), shape.layers(), shape.layers());
    for (const std::size_t rope : shape.ropes) check_range("a rope", rope, 0, shape.layers() - 1);
  }
  if (shape.residual_bits < kFewestResidualBits || shape.residual_bits > kMostResidualBits) {
    throw InvalidArgument(
        "the bits of the residual stream must be " + std::to_string(kFewestResidualBits) + " to " +
        std::to_string(kMostResidualBits) + ", not " + std::to_string(shape.residual_bits));
  }
  if (shape.activation_range != 8 && shape.activation_range != 16) {
    throw InvalidArgument("the range of the activation must be 8 or 16, not " +
                          std::to_string(shape.activation_range));
  }
}

}  // namespace lmpack
