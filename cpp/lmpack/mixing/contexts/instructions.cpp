#include "lmpack/mixing/contexts/instructions.hpp"

#include <array>

namespace lmpack {
namespace {

// What follows an opcode (Intel's manual, volume 2, appendix A).
enum Follow : std::uint8_t {
  kNothing = 0,
  kHasModRm = 1,
  kByte = 2,      // an immediate of 1 byte
  kWord = 4,      // of 2 bytes
  kFull = 8,      // of 4 bytes, 2 with short operands
  kAddress = 16,  // of 4 bytes
  kLong = 32,     // of 4 bytes, 2 with short operands, 8 with REX.W
  kOffset = 64,   // of 8 bytes
};

constexpr bool within(std::uint32_t byte, std::uint32_t first, std::uint32_t last) {
  return byte >= first && byte <= last;
}

constexpr std::uint8_t follow_of(std::uint32_t b) {
  if (b < 0x40) {
    return (b & 4) == 0 ? kHasModRm : (b & 7) == 4 ? kByte : (b & 7) == 5 ? kFull : kNothing;
  }
  switch (b) {
    case 0x62:
    case 0x63:
    case 0x8F:
    case 0xF6:
    case 0xF7:
    case 0xFE:
    case 0xFF:
      return kHasModRm;
    case 0x68:
    case 0xA9:
      return kFull;
    case 0x69:
    case 0x81:
    case 0xC7:
      return kHasModRm | kFull;
    case 0x6A:
    case 0xA8:
    case 0xCD:
    case 0xEB:
      return kByte;
    case 0x6B:
    case 0x80:
    case 0x82:
    case 0x83:
    case 0xC0:
    case 0xC1:
    case 0xC6:
      return kHasModRm | kByte;
    case 0xC2:
    case 0xCA:
      return kWord;
    case 0xE8:
    case 0xE9:
      return kAddress;
    default:
      break;
  }
  if (within(b, 0x70, 0x7F) || within(b, 0xB0, 0xB7) || within(b, 0xE0, 0xE7)) return kByte;
  if (within(b, 0x84, 0x8E) || within(b, 0xD0, 0xD3) || within(b, 0xD8, 0xDF)) return kHasModRm;
  if (within(b, 0xA0, 0xA3)) return kOffset;
  if (within(b, 0xB8, 0xBF)) return kLong;
  return kNothing;
}

constexpr std::uint8_t follow_of_two_byte(std::uint32_t b) {
  if (within(b, 0x80, 0x8F)) return kAddress;
  if (b == 0x05 || b == 0x0B || b == 0x31 || b == 0x77 || b == 0xA2 || within(b, 0xC8, 0xCF)) {
    return kNothing;
  }
  if (within(b, 0x70, 0x73) || b == 0xA4 || b == 0xAC || b == 0xBA || b == 0xC2 ||
      within(b, 0xC4, 0xC6)) {
    return kHasModRm | kByte;
  }
  return kHasModRm;
}

constexpr auto kFollows = [] {
  std::array<std::array<std::uint8_t, 256>, 2> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    table[0][byte] = follow_of(byte);
    table[1][byte] = follow_of_two_byte(byte);
  }
  return table;
}();

constexpr bool is_prefix(std::uint8_t byte) {
  return byte == 0x2E || byte == 0x3E || byte == 0x64 || byte == 0x65 || byte == 0xF0 ||
         byte == 0xF2 || byte == 0xF3;
}

// Kinds of prefixes in now_.
constexpr std::uint32_t kShortPrefix = 1, kOtherPrefix = 2, kWidePrefix = 4, kTwoBytePrefix = 8;

}  // namespace

void Instructions::add(std::uint8_t byte) {
  part_before_ = part_;
  if (read_ < 63) ++read_;
  switch (part_) {
    case kOpcode:
      add_opcode(byte);
      break;
    case kModRm:
      add_mod_rm(byte);
      break;
    case kSib:
      if ((byte & 7) == 5 && (now_ >> 14 & 3) == 0) operands_ += 4;
      expect_operands();
      break;
    case kOperand:
      if (--left_ == 0) start(kOpcode);
      break;
  }
}

void Instructions::add_opcode(std::uint8_t byte) {
  if (!two_byte_) {
    if (byte == 0x66) {
      short_ = true;
      now_ |= kShortPrefix;
      return;
    }
    if (is_prefix(byte)) {
      now_ |= kOtherPrefix;
      return;
    }
    if (within(byte, 0x40, 0x4F)) {  // REX
      wide_ = (byte & 8) != 0;
      if (wide_) now_ |= kWidePrefix;
      return;
    }
    if (byte == 0x0F) {
      two_byte_ = true;
      now_ |= kTwoBytePrefix;
      return;
    }
  }
  now_ = (now_ & 0xFF) | std::uint32_t{byte} << 16;
  const std::uint8_t follow = kFollows[two_byte_ ? 1 : 0][byte];
  const std::uint32_t full = short_ ? 2 : 4;
  operands_ = (follow & kByte) != 0      ? 1
              : (follow & kWord) != 0    ? 2
              : (follow & kFull) != 0    ? full
              : (follow & kAddress) != 0 ? 4
              : (follow & kLong) != 0    ? (wide_ ? 8 : full)
              : (follow & kOffset) != 0  ? 8
                                         : 0;
  if ((follow & kHasModRm) != 0) {
    start(kModRm);
  } else {
    expect_operands();
  }
}

void Instructions::add_mod_rm(std::uint8_t byte) {
  now_ |= std::uint32_t{byte} << 8;
  const std::uint32_t mode = byte >> 6;
  const std::uint32_t memory = byte & 7;
  const std::uint32_t opcode = now_ >> 16;
  if (!two_byte_ && (byte >> 3 & 7) < 2) {  // TEST has an immediate, its neighbours have none
    if (opcode == 0xF6) operands_ = 1;
    if (opcode == 0xF7) operands_ = short_ ? 2 : 4;
  }
  if (mode == 1) operands_ += 1;
  if (mode == 2 || (mode == 0 && memory == 5)) operands_ += 4;
  if (mode != 3 && memory == 4) {
    start(kSib);
  } else {
    expect_operands();
  }
}

void Instructions::start(Part part) {
  part_ = part;
  read_ = 0;
  if (part != kOpcode) return;
  third_ = second_;
  second_ = last_;
  last_ = now_;
  now_ = 0;
  two_byte_ = short_ = wide_ = false;
}

void Instructions::expect_operands() {
  left_ = operands_;
  start(left_ > 0 ? kOperand : kOpcode);
}

}  // namespace lmpack
