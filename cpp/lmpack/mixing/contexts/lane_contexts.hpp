// What of a lane's past selects the statistics of its next byte.
#pragma once

#include <cstdint>
#include <vector>

#include "lmpack/mixing/contexts/context_list.hpp"
#include "lmpack/mixing/contexts/followers.hpp"
#include "lmpack/mixing/contexts/instructions.hpp"
#include "lmpack/mixing/contexts/keyed_contexts.hpp"
#include "lmpack/mixing/contexts/lines.hpp"
#include "lmpack/mixing/contexts/nesting.hpp"
#include "lmpack/mixing/contexts/records.hpp"
#include "lmpack/mixing/contexts/shapes.hpp"
#include "lmpack/mixing/contexts/table_rows.hpp"
#include "lmpack/mixing/contexts/words.hpp"
#include "lmpack/mixing/lane_bytes.hpp"

namespace lmpack {

class LaneContexts {
 public:
  // stride: the distance at which bytes resemble one another, 0 if it is not known.
  // by_kind: whether contexts of code give way to others in rows of tables and in text.
  // has_keyed: whether the keyed contexts are followed.
  explicit LaneContexts(std::uint32_t stride, bool by_kind = true, bool has_keyed = true)
      : records(stride), by_kind_(by_kind), keyed_(has_keyed ? 1 : 0) {}

  // Takes the lane's next byte: the last one of `lane`, all its bytes so far. followers: of the
  // block.
  void add(LaneBytes lane, Followers& followers);

  // The hash of a context of the next byte, with its number.
  std::uint64_t hash(Context context, const Followers& followers) const;

  // Where the next byte will be added to the followers.
  const Followers::Places& places() const { return places_; }

  // The last eight bytes, the newest lowest; before the lane stand zeros.
  std::uint64_t last() const { return last_; }

  Words words;
  Shapes shapes;
  Lines lines;
  Nesting nesting;
  Records records;
  Instructions instructions;
  TableRows rows;

  // Only where keyed contexts are followed.
  const KeyedContexts& keyed() const { return keyed_.front(); }

  // The lane is in text, not in a row of a table.
  bool in_text() const { return !rows.known() && text_bytes_ >= kTextFrom; }
  // The same where keyed contexts are followed.
  bool in_keyed_text() const { return !keyed_.empty() && in_text(); }

 private:
  std::uint64_t value(Context context, const Followers& followers) const;
  std::uint64_t order(int bytes) const;
  std::uint64_t nibble_kinds() const;
  std::uint64_t code_value(Context context) const;
  std::uint64_t row_value(Context context) const;
  std::uint64_t text_value(Context context) const;

  static constexpr std::uint32_t kTextFrom = 32;  // bytes without a control character

  bool by_kind_;
  std::vector<KeyedContexts> keyed_;  // one or none: lanes are many, and it is as large as the rest
  std::uint64_t last_ = 0;
  std::uint32_t text_bytes_ = 0;  // since the last control character, at most kTextFrom
  std::uint32_t zeros_ = 0;       // of the last 16 bytes, two bits: is 0, equals the one 4 before
  std::uint64_t token_ = 0;       // hash of the word so far, or of the last other byte
  Followers::Places places_;      // of the next byte
};

}  // namespace lmpack
