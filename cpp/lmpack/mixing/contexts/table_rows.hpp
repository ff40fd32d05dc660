// Rows of SQLite's tables and indexes: which column the next byte is in, and what the row before
// has there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lmpack/mixing/lane_bytes.hpp"

namespace lmpack {

// A row is taken for one when the sizes that it begins with fit together; what stands behind it is
// expected to be the next row. A row that stands behind no other one must be like one that did, or
// have many columns.
class TableRows {
 public:
  enum Part : std::uint8_t { kSize, kKey, kHeaderSize, kTypes, kBody };

  // lane: all bytes so far, of which the last one is new.
  void add(LaneBytes lane);

  // Whether the next byte is of a row; what follows says something only then.
  bool known() const {
    const bool is_like = before_follows_ && row_.columns == before_.columns;
    return follows_ || (part_ == kBody && (row_.columns >= kManyColumns || is_like));
  }
  Part part() const { return part_; }
  bool in_body() const { return known() && part_ == kBody; }
  std::uint32_t column() const { return column_; }  // of the body or of the types
  // Bytes that are known of the part, in the body of the column.
  std::uint32_t place() const { return place_; }
  std::uint64_t text() const { return text_; }  // hash of these
  std::uint32_t left() const { return left_; }  // of the body, less what the types so far take
  std::uint32_t key() const { return 2 * keys_[0] - keys_[1]; }  // as the last ones suggest
  // Of the column in the body of this row, otherwise in the row before; 0 if there is none.
  std::uint32_t type() const;
  // In the body, the byte of the row before at the same place of the same column, and the one
  // after it; 0 if there is none.
  std::uint8_t above() const { return above_; }
  std::uint8_t above_next() const { return above_next_; }
  bool repeats() const { return repeats_; }  // all bytes of the column so far were the ones above

  // Whether the next byte is of a number that is likely to stand for a decimal one: with so many
  // digits, and the bytes so far.
  bool is_decimal() const;
  std::uint32_t digits() const { return numbers_[column_].digits; }
  std::uint64_t number() const { return number_; }

 private:
  static constexpr std::uint32_t kLargestHeader = 64;
  static constexpr std::uint32_t kMostColumns = kLargestHeader - 1;
  static constexpr std::uint32_t kManyColumns = 6;
  static constexpr std::uint32_t kReal = 7;  // the type of floating-point numbers

  struct Row {
    std::uint32_t columns = 0;
    std::array<std::uint32_t, kMostColumns> types{};
    std::array<std::uint32_t, kMostColumns + 1> starts{};  // in the lane; then the end
  };

  // What the numbers of a column were like.
  struct Numbers {
    bool decimal = false;  // the last one
    std::uint8_t digits = 0;
  };

  static std::uint32_t length_of(std::uint32_t type);

  void start_row(std::size_t place, bool keyed);
  void start(Part part);
  void try_next();
  bool read(LaneBytes lane);
  bool read_header(std::uint8_t byte);
  bool take(std::uint32_t number);
  bool take_type(std::uint32_t type);
  void start_body();
  void read_body(LaneBytes lane);
  void find_column();
  void end_number();
  std::uint8_t byte_above(LaneBytes lane, std::size_t place) const;

  std::size_t start_ = 0;  // of the row
  std::size_t next_ = 0;   // the byte that is read next
  bool keyed_ = true;
  bool first_keyed_ = true;      // what is tried first
  bool follows_ = false;         // a row
  bool before_follows_ = false;  // and so did the row before
  Part part_ = kSize;
  std::uint32_t place_ = 0;
  std::uint32_t column_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t key_ = 0;
  std::uint32_t types_size_ = 0;
  std::uint32_t left_ = 0;
  std::uint32_t digits_ = 0;  // bytes of the number that is being read
  std::uint64_t number_ = 0;  // that number, or the bytes of the column
  std::uint64_t text_ = 0;
  Row row_;
  Row before_;
  std::array<std::uint32_t, 2> keys_{};  // the last ones
  std::array<Numbers, kMostColumns> numbers_{};
  bool repeats_ = true;
  std::uint8_t above_ = 0;
  std::uint8_t above_next_ = 0;
};

}  // namespace lmpack
