// The hashed contexts that there are (docs/mixing.md, section 3).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lmpack {

// In the order of their numbers, from 1, with the names that measurements give them.
#define LMPACK_CONTEXTS(X)                     \
  X(kOrder2, "order 2")                        \
  X(kOrder3, "order 3")                        \
  X(kOrder4, "order 4")                        \
  X(kOrder5, "order 5")                        \
  X(kOrder6, "order 6")                        \
  X(kWord, "word")                             \
  X(kWordPair, "two words")                    \
  X(kWordGap, "word and gap")                  \
  X(kGaps, "words and gaps")                   \
  X(kGroups4, "4 groups")                      \
  X(kGroups8, "8 groups")                      \
  X(kGroups12, "12 groups")                    \
  X(kKinds, "kinds")                           \
  X(kColumnAbove, "column and above")          \
  X(kColumnKinds, "column and kinds")          \
  X(kField, "field")                           \
  X(kFieldAbove, "field above")                \
  X(kBracket, "bracket")                       \
  X(kBracketKey, "key of bracket")             \
  X(kAfterByte, "after byte")                  \
  X(kAfterPair, "after pair")                  \
  X(kAfterNibbles, "after nibbles")            \
  X(kAfterToken, "after token")                \
  X(kByte2, "byte 2")                          \
  X(kBytes24, "bytes 2 4")                     \
  X(kBytes246, "bytes 2 4 6")                  \
  X(kTopBits, "top bits")                      \
  X(kNibbleKinds, "nibbles")                   \
  X(kZeros4, "zeros of 4")                     \
  X(kZeros16, "zeros of 16")                   \
  X(kRecordByte2, "record, byte 2")            \
  X(kRecordColumn, "record, column")           \
  X(kNorth, "record, N")                       \
  X(kNorthColumn, "record, N and column")      \
  X(kNorthTwice, "record, N and NN")           \
  X(kNeighbours, "record, neighbours")         \
  X(kGradient, "record, gradient")             \
  X(kTrend, "record, trend")                   \
  X(kRecordByte, "record, column and W")       \
  X(kCode, "code, instruction")                \
  X(kCodeOperand, "code, operand")             \
  X(kCodePart, "code, part")                   \
  X(kCodeState, "code, state")                 \
  X(kCodeOpcodes3, "code, three opcodes")      \
  X(kCodeModes2, "code, two modes")            \
  X(kCodeModes4, "code, four modes")           \
  X(kCodeOpcodes4, "code, four opcodes")       \
  X(kCodeOpcodeByte, "code, opcode and byte")  \
  X(kCodePair, "code, two instructions")       \
  X(kCodeBytes, "code, instruction and bytes") \
  X(kBytes14, "bytes 1 4")                     \
  X(kKeyed1, "code, bytes")                    \
  X(kKeyed2, "code, bytes of two")             \
  X(kKeyed3, "code, bytes and opcodes")        \
  X(kKeyed4, "code, bytes and two")            \
  X(kKeyed5, "code, operand before")           \
  X(kKeyed6, "code, address before")           \
  X(kKeyed7, "code, bytes and three")          \
  X(kKeyed8, "code, registers of three")

enum class Context : std::uint8_t {
#define LMPACK_ID(id, name) id,
  LMPACK_CONTEXTS(LMPACK_ID)
#undef LMPACK_ID
};

inline constexpr auto kContextNames = std::to_array<std::string_view>({
#define LMPACK_NAME(id, name) name,
    LMPACK_CONTEXTS(LMPACK_NAME)
#undef LMPACK_NAME
});

inline constexpr std::size_t kMostContexts = kContextNames.size();

}  // namespace lmpack
