#include "lmpack/engine/context_hash.hpp"

namespace lmpack {
namespace {

std::uint32_t mix(std::uint32_t value, std::int32_t symbol) {
  constexpr std::uint32_t kMultiplier = 0x9E3779B1;  // odd, near 2**32 / golden ratio
  value = (value + static_cast<std::uint32_t>(symbol) + 1) * kMultiplier;
  return value ^ (value >> 15);
}

bool between(std::int32_t symbol, std::int32_t low, std::int32_t high) {
  return symbol >= low && symbol <= high;
}

bool is_capital(std::int32_t symbol) { return between(symbol, 'A', 'Z'); }

bool is_letter(std::int32_t symbol) {
  return is_capital(symbol) || between(symbol, 'a', 'z') || between(symbol, 128, 255);
}

std::uint32_t hash_symbols(std::span<const std::int32_t> last) {
  std::uint32_t value = 0;
  for (const std::int32_t symbol : last) value = mix(value, symbol);
  return value;
}

// Letters of the last word, in lower case; if it is over, also the newest symbol.
std::uint32_t hash_word(std::span<const std::int32_t> last) {
  std::uint32_t value = 0;
  bool inside = false;
  for (const std::int32_t symbol : last) {
    const bool letter = is_letter(symbol);
    if (letter) value = mix(inside ? value : 0, is_capital(symbol) ? symbol + 'a' - 'A' : symbol);
    inside = letter;
  }
  return inside ? value : mix(value, last.back());
}

}  // namespace

std::uint32_t hash_context(const ContextTable& table, std::span<const std::int32_t> recent) {
  const auto last = recent.last(table.reach());
  return table.order == ContextTable::kWord ? hash_word(last) : hash_symbols(last);
}

}  // namespace lmpack
