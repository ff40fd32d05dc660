// The bytes of instructions, and the operands that like instructions had before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "lmpack/mixing/contexts/instructions.hpp"
#include "lmpack/mixing/hash.hpp"
#include "lmpack/mixing/lane_bytes.hpp"

namespace lmpack {

class InstructionBytes {
 public:
  // lane: all bytes so far, of which the last one is new; `code` has it, too.
  void add(LaneBytes lane, const Instructions& code) {
    const std::uint8_t byte = lane.back();
    now_ = hash_value(now_ + byte + 1, 4);
    repeats_ = repeats_ && byte == above_;
    if (code.part_before() == Instructions::kModRm) sib_ = 0;
    if (code.part_before() == Instructions::kSib) sib_ = byte;
    if (code.read() == 0) start_part(lane.size(), code);
    const auto at = [&](std::size_t start, std::size_t place) -> std::uint8_t {
      return start != 0 && start + place < lane.size() ? lane[start + place] : 0;
    };
    above_ = at(start_above_, code.read());
    above_next_ = at(start_above_, code.read() + 1);
    address_above_ = at(addresses_above_[0], code.read());
    address_above_that_ = at(addresses_above_[1], code.read());
  }

  // Hashes of all bytes of the instruction so far, and of the two before.
  std::uint64_t now() const { return now_; }
  std::uint64_t last() const { return last_; }
  std::uint64_t second() const { return second_; }

  // In operands. Of the last instruction with the same bytes before its operands: its byte at the
  // place of the next one, and the one behind it; whether all known operands are the same.
  std::uint8_t above() const { return above_; }
  std::uint8_t above_next() const { return above_next_; }
  bool repeats() const { return repeats_; }
  // The same of the last two instructions with the same registers of the address.
  std::uint32_t address() const { return address_; }  // SIB, and mod and rm above it
  std::uint8_t address_above() const { return address_above_; }
  std::uint8_t address_above_that() const { return address_above_that_; }

 private:
  using Starts = std::array<std::uint32_t, 2>;

  static constexpr int kInstructionsLog2 = 9;
  static constexpr int kAddressesLog2 = 6;

  void start_part(std::size_t next, const Instructions& code) {
    if (code.part() == Instructions::kOpcode) {
      second_ = last_;
      last_ = now_;
      now_ = start_above_ = 0;
      sib_ = 0;
      addresses_above_ = {};
      repeats_ = false;
    } else if (code.part() == Instructions::kOperand) {
      const auto start = static_cast<std::uint32_t>(next);
      std::uint32_t& same = instructions_[now_ >> (64 - kInstructionsLog2)];
      start_above_ = same;
      same = start;
      repeats_ = true;
      address_ = (code.now() & 0xC700) | sib_;
      Starts& addresses = addresses_[hash_value(address_, 5) >> (64 - kAddressesLog2)];
      addresses_above_ = addresses;
      addresses = {start, addresses[0]};
    }
  }

  std::uint64_t now_ = 0;
  std::uint64_t last_ = 0;
  std::uint64_t second_ = 0;
  std::size_t start_above_ = 0;  // 0: none
  Starts addresses_above_{};
  std::uint32_t address_ = 0;
  std::uint8_t sib_ = 0;
  bool repeats_ = false;
  std::uint8_t above_ = 0;
  std::uint8_t above_next_ = 0;
  std::uint8_t address_above_ = 0;
  std::uint8_t address_above_that_ = 0;
  std::array<std::uint32_t, 1 << kInstructionsLog2> instructions_{};  // by their bytes
  std::array<Starts, 1 << kAddressesLog2> addresses_{};
};

}  // namespace lmpack
