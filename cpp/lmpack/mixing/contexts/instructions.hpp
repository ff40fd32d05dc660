// Machine instructions of x86 and x86-64, read byte by byte.
#pragma once

#include <cstdint>

namespace lmpack {

// Which part of an instruction the next byte is. In data that are no code it is wrong, but it is
// the same on every machine.
class Instructions {
 public:
  enum Part : std::uint8_t { kOpcode, kModRm, kSib, kOperand };

  void add(std::uint8_t byte);

  Part part() const { return part_; }
  Part part_before() const { return part_before_; }  // of the last byte
  std::uint32_t read() const { return read_; }       // bytes of the part that are known
  // The instruction so far: opcode << 16 | ModRM << 8 | kinds of prefixes.
  std::uint32_t now() const { return now_; }
  std::uint32_t last() const { return last_; }      // the whole one before
  std::uint32_t second() const { return second_; }  // and those before that
  std::uint32_t third() const { return third_; }

 private:
  void add_opcode(std::uint8_t byte);
  void add_mod_rm(std::uint8_t byte);
  void start(Part part);
  void expect_operands();

  Part part_ = kOpcode;
  Part part_before_ = kOpcode;
  std::uint32_t read_ = 0;
  std::uint32_t left_ = 0;      // bytes of the operands that are not known
  std::uint32_t operands_ = 0;  // bytes of displacement and immediate
  bool two_byte_ = false;       // opcodes after 0F
  bool short_ = false;
  bool wide_ = false;  // REX.W
  std::uint32_t now_ = 0;
  std::uint32_t last_ = 0;
  std::uint32_t second_ = 0;
  std::uint32_t third_ = 0;
};

}  // namespace lmpack
