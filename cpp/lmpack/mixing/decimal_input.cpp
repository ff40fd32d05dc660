#include "lmpack/mixing/decimal_input.hpp"

#include "lmpack/coder/bytes.hpp"
#include "lmpack/mixing/contexts/decimals.hpp"

namespace lmpack {

Logit DecimalInput::predict(const TableRows& rows, std::uint32_t prefix, int bit) {
  is_active_ = false;
  const int known = static_cast<int>(rows.place()) * kBitsInByte + bit;
  if (!rows.is_decimal() || known < Decimals::kExponentBits) return 0;
  // The numbers with these bits are from `first` on, those with another 1 from `middle` on.
  const std::uint64_t bits = rows.number() << bit | (prefix ^ (1U << bit));
  const std::uint64_t half = std::uint64_t{1} << (63 - known);
  const std::uint64_t first = Decimals::without_sign(bits * 2 * half);
  if (!Decimals::in_range(first)) return 0;
  const std::uint64_t middle = Decimals::first(first + half, rows.digits());
  const std::uint64_t zeros = middle - Decimals::first(first, rows.digits());
  const std::uint64_t ones = Decimals::first(first + 2 * half, rows.digits()) - middle;
  is_active_ = zeros + ones > 0;
  if (!is_active_) return 0;
  return logistic().stretch(map_.predict(class_of(zeros) * kClasses + class_of(ones)));
}

std::size_t DecimalInput::class_of(std::uint64_t count) {
  return count < 4    ? static_cast<std::size_t>(count)
         : count < 6  ? 4
         : count < 9  ? 5
         : count < 16 ? 6
                      : 7;
}

}  // namespace lmpack
