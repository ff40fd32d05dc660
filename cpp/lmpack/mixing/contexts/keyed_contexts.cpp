#include "lmpack/mixing/contexts/keyed_contexts.hpp"

#include <algorithm>

#include "lmpack/mixing/hash.hpp"

namespace lmpack {

std::uint64_t KeyedContexts::in_text(Context context, const Words& words,
                                     std::uint64_t last) const {
  const std::uint64_t c1 = last & 0xFF;
  const std::uint64_t key = values.key(), text = values.text();
  const std::uint64_t x = string.expected(), y = string.expected_next();
  switch (context) {
    using enum Context;
    case kKeyed1:
      return combined(key, text);
    case kKeyed2:
      return combined(combined(key, std::uint64_t{values.above()} << 16 |
                                        std::uint64_t{values.above_next()} << 8 | c1),
                      values.repeats() ? 1 : 0);
    case kKeyed3:
      return combined(combined(key, values.last_value()), text);
    case kKeyed4:
      return combined(combined(key, values.value_above()), text);
    case kKeyed5:
      return combined(words.word(), x << 8 | y);
    case kKeyed6:
      return combined(combined(values.name(), values.last_name()), words.marks() & 0xFFFF);
    case kKeyed7:
      return combined(combined(x << 8 | y, std::min(string.run(), 15U)), c1);
    default:
      return combined(combined(key, x), std::uint64_t{std::min(words.length(), 3U)} << 8 | c1);
  }
}

std::uint64_t KeyedContexts::in_code(Context context, const Instructions& code) const {
  constexpr std::uint64_t kRegisters = 0xFFFF00;  // of opcode and ModRM
  const std::uint64_t place = std::uint64_t{code.part()} << 6 | code.read();
  const std::uint64_t now = code.now(), last = code.last(), second = code.second();
  const bool in_operand = code.part() == Instructions::kOperand;
  switch (context) {
    using enum Context;
    case kKeyed1:
      return combined(place, bytes.now());
    case kKeyed2:
      return combined(bytes.now(), bytes.last());
    case kKeyed3:
      return combined(combined(bytes.now(), last >> 16),
                      second >> 16 << 8 | std::uint64_t{code.third()} >> 16);
    case kKeyed4:
      return combined(combined(bytes.now(), last), combined(second, place));
    case kKeyed5:
      return combined(combined(place, now), in_operand
                                                ? std::uint64_t{bytes.above()} << 9 |
                                                      std::uint64_t{bytes.above_next()} << 1 |
                                                      (bytes.repeats() ? 1U : 0U)
                                                : bytes.second());
    case kKeyed6:
      return in_operand
                 ? combined(combined(place, bytes.address()),
                            std::uint64_t{bytes.address_above()} << 8 | bytes.address_above_that())
                 : combined(combined(place, bytes.now()), code.third());
    case kKeyed7:
      return combined(combined(bytes.now(), last), combined(combined(second, code.third()), place));
    default:
      return combined(combined(place, now & kRegisters),
                      combined(last & kRegisters, second & kRegisters));
  }
}

}  // namespace lmpack
