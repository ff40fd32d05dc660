// Contexts of what stood at the same place before: behind the same key, in the string before, or
// in an instruction of the same kind.
#pragma once

#include <cstdint>

#include "lmpack/mixing/contexts/context_list.hpp"
#include "lmpack/mixing/contexts/instruction_bytes.hpp"
#include "lmpack/mixing/contexts/keyed_values.hpp"
#include "lmpack/mixing/contexts/string_before.hpp"
#include "lmpack/mixing/contexts/words.hpp"
#include "lmpack/mixing/lane_bytes.hpp"

namespace lmpack {

class KeyedContexts {
 public:
  // lane: all bytes so far, of which the last one is new; `code` has it, too. quoted: the last open
  // bracket is a quote.
  void add(LaneBytes lane, bool quoted, const Instructions& code) {
    values.add(lane, quoted);
    string.add(lane, quoted);
    bytes.add(lane, code);
  }

  // The values of the contexts from kKeyed1 on. last: the last eight bytes, the newest lowest.
  std::uint64_t in_text(Context context, const Words& words, std::uint64_t last) const;
  std::uint64_t in_code(Context context, const Instructions& code) const;

  KeyedValues values;
  StringBefore string;
  InstructionBytes bytes;
};

}  // namespace lmpack
