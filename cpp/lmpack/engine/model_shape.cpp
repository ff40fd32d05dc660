#include "lmpack/engine/model_shape.hpp"

#include <string>

#include "lmpack/error.hpp"

namespace lmpack {
namespace {

void check_range(const char* name, std::size_t value, std::size_t smallest, std::size_t largest) {
  if (value < smallest || value > largest) {
    throw InvalidArgument(std::string(name) + " must be " + std::to_string(smallest) + " to " +
                          std::to_string(largest) + ", not " + std::to_string(value));
  }
}

void check_size(const char* name, std::size_t value, std::size_t largest) {
  check_range(name, value, kAlignment, largest);
  if (value % kAlignment != 0) {
    throw InvalidArgument(std::string(name) + " must be a multiple of " +
                          std::to_string(kAlignment) + ", not " + std::to_string(value));
  }
}

void check_table(const ContextTable& table, std::size_t width) {
  if (table.order != ContextTable::kWord) {
    check_range("the order of a table", table.order, 2, ContextTable::kMaximumOrder);
  }
  check_range("the rows of a table", table.rows, 1, kMostTableRows);
  check_size("the width of a table", table.width, width);
  check_range("the channel of a table", table.channel, 0, width - table.width);
  if (table.channel % kAlignment != 0) {
    throw InvalidArgument("the channel of a table must be a multiple of " +
                          std::to_string(kAlignment) + ", not " + std::to_string(table.channel));
  }
}

}  // namespace

void check_shape(const ModelShape& shape) {
  check_size("the vocabulary", shape.vocabulary, kLargestSize);
  check_size("the width", shape.width, kLargestSize);
  check_size("the hidden layer", shape.hidden, kLargestSize);
  check_size("the width of a head", shape.head_width, kLargestHeadWidth);
  check_range("the number of heads", shape.heads, 1, kLargestSize / shape.head_width);
  check_range("the number of layers", shape.layers(), 1, kLargestSize);
  for (const std::size_t window : shape.windows) check_range("a window", window, 1, kLargestWindow);
  check_range("the number of tables", shape.tables.size(), 0, kLargestSize);
  for (const ContextTable& table : shape.tables) check_table(table, shape.width);
}

}  // namespace lmpack
