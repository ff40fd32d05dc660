// The hashed contexts that there are (docs/mixing.md, section 3).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lmpack {

// In the order of their numbers, from 1.
#define LMPACK_CONTEXTS(X)                                                                         \
  X(kOrder2, "order 2")                                                                            \
  X(kOrder3, "order 3") X(kOrder4, "order 4") X(kOrder5, "order 5") X(kOrder6, "order 6") X(       \
      kOrder8, "order 8") X(kWord, "word") X(kWordPair, "word pair") X(kWordTriple, "three words") \
      X(kWordGap, "word and gap") X(kGaps, "gaps and words") X(kLastLetters, "last letters") X(    \
          kGroups4, "4 groups") X(kGroups8, "8 groups") X(kGroups12,                               \
                                                          "12 groups") X(kGroupsPair,              \
                                                                         "groups and 2 bytes")     \
          X(kKinds, "kinds") X(kShapesPair, "shapes and 2 bytes") X(kAbove, "byte above") X(       \
              kColumnAbove, "column and above") X(kColumnKinds, "column and kinds")                \
              X(kFirstWord, "first word of the line") X(kField, "field") X(                        \
                  kFieldAbove, "field above") X(kLineAbove, "line above") X(kBracket, "bracket")   \
                  X(kBracketKey, "key of the bracket") X(kSounds, "sounds") X(                     \
                      kNesting, "nesting") X(kAfterByte, "after the byte") X(kAfterPair,           \
                                                                             "after the pair")     \
                      X(kAfterNibbles, "after the nibbles") X(kAfterToken, "after the token") X(   \
                          kByte2, "byte 2") X(kBytes23, "bytes 2, 3") X(kBytes24, "bytes 2, 4")    \
                          X(kBytes13, "bytes 1, 3") X(kBytes14, "bytes 1, 4") X(                   \
                              kBytes246, "bytes 2, 4, 6") X(kBytes34, "bytes 3, 4")                \
                              X(kBytes48, "bytes 4, 8") X(kTopBits, "top bits") X(                 \
                                  kNibbleKinds,                                                    \
                                  "kinds and nibbles") X(kZeros4, "zeros and equals, 4")           \
                                  X(kZeros16, "zeros and equals, 16")                              \
                                      X(kRecordByte2, "byte 2 and record") X(                      \
                                          kRecordColumn, "column and records")                     \
                                          X(kRecordAbove, "column and above in record") X(         \
                                              kNeighbours, "neighbours") X(kGradient, "gradient")  \
                                              X(kTrend, "trend") X(                                \
                                                  kRecordsAbove, "two above in record")            \
                                                  X(kRecordByte, "column and byte") X(             \
                                                      kRecordPair, "above in record and 2 bytes")  \
                                                      X(kCharacters2, "2 characters") X(           \
                                                          kCharacters3,                            \
                                                          "3 characters") X(kCode, "instruction")  \
                                                          X(kCodeOperand, "operand") X(            \
                                                              kCodePart, "part of instruction")    \
                                                              X(kCodeState, "opcode or ModRM") X(  \
                                                                  kCodePair, "2 instructions")     \
                                                                  X(kCodeTriple, "3 instructions")

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
