#include "lmpack/engine/model_shape.hpp"

#include <string>
#include <string_view>

#include "lmpack/error.hpp"

namespace lmpack {
namespace {

constexpr std::size_t kAlignment = 32;
constexpr std::size_t kLargestWidth = 65536;
constexpr std::size_t kLargestHeadWidth = 2048;
constexpr std::size_t kMostHeads = 1024;
constexpr std::size_t kLongestWindow = 1024;
constexpr std::size_t kMostRows = std::size_t{1} << 24;

void check_range(std::string_view name, std::size_t value, std::size_t least, std::size_t most) {
  if (value < least || value > most) {
    throw InvalidArgument(std::string(name) + " must be " + std::to_string(least) + " to " +
                          std::to_string(most) + ", not " + std::to_string(value));
  }
}

void check_aligned(std::string_view name, std::size_t value, std::size_t least, std::size_t most) {
  check_range(name, value, least, most);
  if (value % kAlignment != 0) {
    throw InvalidArgument(std::string(name) + " must be a multiple of " +
                          std::to_string(kAlignment) + ", not " + std::to_string(value));
  }
}

void check_table(const ContextTable& table, std::size_t channels) {
  if (table.order != ContextTable::kWord) {
    check_range("the order of a table", table.order, 2, ContextTable::kMaximumOrder);
  }
  check_range("the number of rows of a table", table.rows, 1, kMostRows);
  check_aligned("the width of a table", table.width, kAlignment, channels);
  check_aligned("the first channel of a table", table.channel, 0, channels - table.width);
}

}  // namespace

void check_shape(const ModelShape& shape) {
  check_aligned("vocabulary", shape.vocabulary, kAlignment, kLargestWidth);
  check_aligned("width", shape.width, kAlignment, kLargestWidth);
  check_range("heads", shape.heads, 1, kMostHeads);
  check_aligned("head_width", shape.head_width, kAlignment, kLargestHeadWidth);
  check_aligned("hidden", shape.hidden, kAlignment, kLargestWidth);
  if (shape.windows.empty()) throw InvalidArgument("a model must have at least one layer");
  for (const std::size_t window : shape.windows) check_range("a window", window, 1, kLongestWindow);
  for (const ContextTable& table : shape.tables) check_table(table, shape.width);
}

}  // namespace lmpack
