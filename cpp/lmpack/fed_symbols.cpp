#include "lmpack/fed_symbols.hpp"

#include <cstddef>

namespace lmpack {

std::vector<std::int32_t> fed_symbols(std::span<const std::uint8_t> plain,
                                      const BlockLayout& layout, std::int64_t first,
                                      std::int64_t steps, std::int32_t start_symbol) {
  const std::int64_t length = layout.length();
  std::vector<std::int32_t> symbols;
  symbols.reserve(static_cast<std::size_t>(layout.lanes() * steps));
  for (std::int64_t lane = 0; lane < layout.lanes(); ++lane) {
    for (std::int64_t step = first; step < first + steps; ++step) {
      const std::int64_t before = lane * layout.steps() + step - 1;
      const bool ended = before >= length;
      symbols.push_back(step == 0 ? start_symbol
                        : ended   ? 0
                                  : plain[static_cast<std::size_t>(before)]);
    }
  }
  return symbols;
}

}  // namespace lmpack
