// Tables of tokens for tests.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lmpack/tokens/token_table.hpp"

namespace lmpack::tests {

inline TokenTable table_of(const std::vector<std::string>& tokens) {
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint8_t> lengths;
  for (const std::string& token : tokens) {
    bytes.insert(bytes.end(), token.begin(), token.end());
    lengths.push_back(static_cast<std::uint8_t>(token.size()));
  }
  return TokenTable(std::move(bytes), lengths);
}

}  // namespace lmpack::tests
