#include "lmpack/tokens/token_table.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "lmpack/error.hpp"

namespace lmpack {

TokenTable::TokenTable(std::vector<std::uint8_t> bytes, std::span<const std::uint8_t> lengths)
    : bytes_(std::move(bytes)) {
  if (lengths.empty() || lengths.size() > kMostTokens) {
    throw InvalidArgument("a table must have 1 to " + std::to_string(kMostTokens) +
                          " tokens, not " + std::to_string(lengths.size()));
  }
  starts_.reserve(lengths.size() + 1);
  starts_.push_back(0);
  for (const std::uint8_t length : lengths) starts_.push_back(starts_.back() + length);
  if (starts_.back() != bytes_.size()) {
    throw InvalidArgument("the tokens must have " + std::to_string(starts_.back()) +
                          " bytes together, not " + std::to_string(bytes_.size()));
  }
  check_order();
  std::size_t number = 0;
  for (std::size_t byte = 0; byte < first_.size(); ++byte) {
    while (number < size() && token(number)[0] < byte) ++number;
    first_[byte] = static_cast<std::uint32_t>(number);
  }
}

std::size_t TokenTable::split(TokenRange range, std::size_t place, std::uint32_t byte) const {
  if (place == 0) return std::clamp<std::size_t>(first_[byte], range.first, range.last);
  while (range.first < range.last) {
    const std::size_t middle = range.first + range.size() / 2;
    if (bytes_[starts_[middle] + place] < byte) {
      range.first = middle + 1;
    } else {
      range.last = middle;
    }
  }
  return range.first;
}

void TokenTable::check_order() const {
  for (std::size_t number = 0; number < size(); ++number) {
    if (length(number) == 0) {
      throw InvalidArgument("token " + std::to_string(number) + " has no bytes");
    }
    if (number > 0 && !std::ranges::lexicographical_compare(token(number - 1), token(number))) {
      throw InvalidArgument("the tokens must be in strictly ascending order, but number " +
                            std::to_string(number) + " is not above the one before it");
    }
  }
}

}  // namespace lmpack
