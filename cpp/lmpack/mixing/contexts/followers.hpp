// What followed the same bytes before (indirect contexts).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lmpack/mixing/hash.hpp"
#include "lmpack/mixing/undo_log.hpp"

namespace lmpack {

// For several kinds of short contexts, the bytes that came after them last. All lanes share them.
class Followers {
 public:
  static constexpr std::size_t kPlaces = 1 << 16;

  // The contexts of the next byte of a lane, as places in the tables.
  struct Places {
    std::uint32_t byte = 0;     // the last one
    std::uint32_t pair = 0;     // the last two
    std::uint32_t nibbles = 0;  // the upper halves of the last four
    std::uint32_t token = 0;    // the word so far, or the last other byte

    // last: the last bytes, the newest lowest; token: a hash.
    static Places of(std::uint64_t last, std::uint64_t token) {
      Places places;
      places.byte = last & 0xFF;
      places.pair = last & 0xFFFF;
      places.nibbles =
          (last >> 4 & 0xF) | (last >> 8 & 0xF0) | (last >> 12 & 0xF00) | (last >> 16 & 0xF000);
      places.token = token & (kPlaces - 1);
      return places;
    }
  };

  Followers()
      : after_byte_(256), after_pair_(kPlaces), after_nibbles_(kPlaces), after_token_(kPlaces) {}

  // byte came after these contexts.
  void add(const Places& places, std::uint8_t byte) {
    add_to(after_byte_[places.byte], byte, 0xFFFFFF);
    add_to(after_pair_[places.pair], byte, 0xFFFF);
    add_to(after_nibbles_[places.nibbles], byte, 0xFFFF);
    add_to(after_token_[places.token], byte, 0xFFFF);
  }

  // The last three bytes that came after a byte; the newest lowest.
  std::uint32_t after_byte(const Places& places) const { return after_byte_[places.byte]; }
  // The last two bytes that came after the others.
  std::uint32_t after_pair(const Places& places) const { return after_pair_[places.pair]; }
  std::uint32_t after_nibbles(const Places& places) const { return after_nibbles_[places.nibbles]; }
  std::uint32_t after_token(const Places& places) const { return after_token_[places.token]; }

  // Keeps what add() will change; undo() takes all such changes back.
  void keep(const Places& places) {
    log_.keep(after_byte_[places.byte]);
    log_.keep(after_pair_[places.pair]);
    log_.keep(after_nibbles_[places.nibbles]);
    log_.keep(after_token_[places.token]);
  }
  void undo() { log_.undo(); }

 private:
  static void add_to(std::uint32_t& bytes, std::uint8_t byte, std::uint32_t kept) {
    bytes = (bytes << 8 | byte) & kept;
  }

  std::vector<std::uint32_t> after_byte_;
  std::vector<std::uint32_t> after_pair_;
  std::vector<std::uint32_t> after_nibbles_;
  std::vector<std::uint32_t> after_token_;
  UndoLog<std::uint32_t> log_;
};

}  // namespace lmpack
