#include "lmpack/mixing/contexts/table_rows.hpp"

#include <algorithm>
#include <iterator>

#include "lmpack/mixing/contexts/decimals.hpp"
#include "lmpack/mixing/hash.hpp"

namespace lmpack {

void TableRows::add(LaneBytes lane) {
  while (next_ < lane.size()) {
    if (!read(lane)) try_next();
  }
  above_ = part_ == kBody ? byte_above(lane, place_) : 0;
  above_next_ = part_ == kBody ? byte_above(lane, std::size_t{place_} + 1) : 0;
}

std::uint32_t TableRows::type() const {
  const Row& row = part_ == kBody ? row_ : before_;
  return column_ < row.columns ? row.types[column_] : 0;
}

bool TableRows::is_decimal() const {
  return in_body() && row_.types[column_] == kReal && numbers_[column_].decimal;
}

// Of a column (SQLite's file format, section 2.1).
std::uint32_t TableRows::length_of(std::uint32_t type) {
  constexpr std::uint8_t kLengths[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};
  return type < std::size(kLengths) ? kLengths[type] : (type - 12) / 2;
}

void TableRows::start_row(std::size_t place, bool keyed) {
  start_ = next_ = place;
  keyed_ = keyed;
  size_ = left_ = column_ = 0;
  start(kSize);
}

void TableRows::start(Part part) {
  part_ = part;
  place_ = digits_ = 0;
  number_ = text_ = 0;
}

// What was read is no row of this kind: perhaps one of the other kind, or one that starts later.
void TableRows::try_next() {
  follows_ = false;
  if (keyed_ == first_keyed_) {
    start_row(start_, !keyed_);
  } else {
    start_row(start_ + 1, first_keyed_);
  }
}

// False: this is no row.
bool TableRows::read(LaneBytes lane) {
  if (part_ == kBody) {
    read_body(lane);
    return true;
  }
  return read_header(lane[next_++]);
}

bool TableRows::read_header(std::uint8_t byte) {
  constexpr std::uint32_t kMostDigits = 4;
  ++place_;
  text_ = hash_value(text_ + byte + 1, 4);
  number_ = number_ << 7 | (byte & 0x7F);
  ++digits_;
  if (byte >= 0x80) return digits_ < kMostDigits;
  const auto number = static_cast<std::uint32_t>(number_);
  number_ = digits_ = 0;
  return take(number);
}

// A whole number of the header.
bool TableRows::take(std::uint32_t number) {
  switch (part_) {
    case kSize:
      size_ = number;
      start(keyed_ ? kKey : kHeaderSize);
      return size_ > 2;
    case kKey:
      key_ = number;
      start(kHeaderSize);
      return true;
    case kHeaderSize:
      if (number < 3 || number > kLargestHeader || number >= size_) return false;
      types_size_ = number - 1;
      left_ = size_ - number;
      start(kTypes);
      return true;
    default:
      return take_type(number);
  }
}

bool TableRows::take_type(std::uint32_t type) {
  const std::uint32_t length = length_of(type);
  if (type == 10 || type == 11 || length > left_ || place_ > types_size_) return false;
  row_.types[column_++] = type;
  left_ -= length;
  if (place_ < types_size_) return true;
  if (left_ != 0) return false;
  start_body();
  return true;
}

void TableRows::start_body() {
  row_.columns = column_;
  row_.starts[0] = static_cast<std::uint32_t>(next_);
  for (std::uint32_t i = 0; i < column_; ++i) {
    row_.starts[i + 1] = row_.starts[i] + length_of(row_.types[i]);
  }
  if (keyed_) keys_ = {key_, keys_[0]};
  start(kBody);
  column_ = 0;
  repeats_ = true;
  find_column();
}

// Goes on to the column of the next byte.
void TableRows::find_column() {
  while (row_.starts[column_ + 1] <= next_) ++column_;
}

void TableRows::read_body(LaneBytes lane) {
  const std::uint8_t byte = lane[next_];
  repeats_ = repeats_ && byte == byte_above(lane, place_);
  ++next_;
  ++place_;
  text_ = hash_value(text_ + byte + 1, 4);
  number_ = number_ << 8 | byte;
  if (next_ < row_.starts[column_ + 1]) return;
  if (row_.types[column_] == kReal) end_number();
  if (next_ == row_.starts[row_.columns]) {
    before_ = row_;
    before_follows_ = follows_;
    first_keyed_ = keyed_;
    follows_ = true;
    start_row(next_, keyed_);
    return;
  }
  start(kBody);
  repeats_ = true;
  find_column();
}

void TableRows::end_number() {
  const std::uint64_t number = Decimals::without_sign(number_);
  if (!Decimals::in_range(number)) return;
  Numbers& numbers = numbers_[column_];
  std::uint32_t digits = 0;
  while (digits <= Decimals::kMostDigits && !Decimals::stand_for(number, digits)) ++digits;
  numbers.decimal = digits <= Decimals::kMostDigits;
  if (numbers.decimal) numbers.digits = std::max(numbers.digits, static_cast<std::uint8_t>(digits));
}

std::uint8_t TableRows::byte_above(LaneBytes lane, std::size_t place) const {
  if (column_ >= before_.columns) return 0;
  const std::size_t at = before_.starts[column_] + place;
  return at < before_.starts[column_ + 1] ? lane[at] : 0;
}

}  // namespace lmpack
