// What of a lane's past selects the statistics of its next byte.
#pragma once

#include <cstdint>
#include <span>

#include "lmpack/mixing/contexts/context_list.hpp"
#include "lmpack/mixing/contexts/followers.hpp"
#include "lmpack/mixing/contexts/instructions.hpp"
#include "lmpack/mixing/contexts/lines.hpp"
#include "lmpack/mixing/contexts/nesting.hpp"
#include "lmpack/mixing/contexts/records.hpp"
#include "lmpack/mixing/contexts/shapes.hpp"
#include "lmpack/mixing/contexts/words.hpp"

namespace lmpack {

class LaneContexts {
 public:
  // stride: the distance at which bytes resemble one another, 0 if it is not known.
  explicit LaneContexts(std::uint32_t stride) : records(stride) {}

  // Takes the lane's next byte: the last one of `lane`, all its bytes so far. followers: of the
  // block.
  void add(std::span<const std::uint8_t> lane, Followers& followers);

  // The hash of a context of the next byte, with its number.
  std::uint64_t hash(Context context, const Followers& followers) const;

  // The last eight bytes, the newest lowest; before the lane stand zeros.
  std::uint64_t last() const { return last_; }

  Words words;
  Shapes shapes;
  Lines lines;
  Nesting nesting;
  Records records;
  Instructions instructions;

 private:
  std::uint64_t value(Context context, const Followers& followers) const;
  std::uint64_t order(int bytes) const;
  std::uint64_t nibble_kinds() const;
  std::uint64_t code_value(Context context) const;

  std::uint64_t last_ = 0;
  std::uint32_t zeros_ = 0;   // of the last 16 bytes, two bits: is 0, equals the one 4 before
  std::uint64_t token_ = 0;   // hash of the word so far, or of the last other byte
  Followers::Places places_;  // of the next byte
};

}  // namespace lmpack
