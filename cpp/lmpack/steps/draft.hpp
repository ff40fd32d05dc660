// Which bytes probably come next, found out for next to nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace lmpack {

struct Guess {
  std::uint8_t byte;
  float chance;  // that it comes next, where all guesses before it have come
};

// Looks at what followed the same last bytes before, and at what follows the last place that
// looked the same for longer. It need not be right: who guesses loses or wins time only.
class Draft {
 public:
  // length: of what will be added, about; small drafts need little memory.
  explicit Draft(std::size_t length);

  // Asks the memory for what add() will look at.
  void prefetch() const;

  // The next byte is known. Returns whether it would have been the first guess.
  bool add(std::uint8_t byte);

  // Guesses for the next bytes, one after the other. Gives how many there are: fewer than there is
  // room for where it knows of nothing, or of nothing that is likely enough.
  std::size_t guess(std::span<Guess> guesses, float smallest_chance) const;

 private:
  static constexpr std::array<std::size_t, 3> kOrders{5, 4, 2};
  static constexpr std::size_t kMatch = kOrders.size();  // the source behind the orders
  static constexpr std::size_t kSources = kOrders.size() + 1;
  static constexpr std::size_t kGrades = 16;
  static constexpr std::size_t kShortestMatch = 6;

  // What has followed a context.
  struct Entry {
    std::uint16_t check = 0;  // of the context, as many share an entry
    std::uint8_t byte = 0;
    std::uint8_t count = 0;  // how often in a row, about; 0: the entry is free
  };

  // What the next byte is guessed from.
  struct Place {
    std::uint64_t last = 0;   // the last bytes, the newest lowest
    std::uint64_t match = 0;  // the number of the byte that followed the same bytes before
    std::size_t length = 0;   // of the match; 0: there is none
  };

  // What a source expects; the grade tells how sure it is.
  struct Expectation {
    bool exists = false;
    std::uint8_t byte = 0;
    std::uint8_t grade = 0;
  };

  struct Choice {
    std::array<Expectation, kSources> expected;
    std::size_t source = kSources;  // the surest one; kSources: none expects anything
    std::size_t agreement = 0;      // of the others with it
  };

  std::size_t context(std::size_t order, std::uint64_t last, std::uint16_t& check) const;
  std::size_t places_line() const;
  Choice choose(const Place& place) const;
  std::uint8_t byte_at(std::uint64_t number) const { return bytes_[number & (bytes_.size() - 1)]; }
  bool learn(const Choice& choice, std::uint8_t byte);
  void remember(std::uint8_t byte);
  void follow(std::uint8_t byte);

  std::size_t bits_;                                       // of the number of entries
  std::array<std::vector<Entry>, kOrders.size()> tables_;  // by hash of the context
  std::vector<std::uint32_t> places_;                      // by hash: the byte after it; 0: none
  std::vector<std::uint8_t> bytes_;                        // the last ones, a power of two
  std::uint64_t count_ = 0;                                // of all bytes so far
  Place place_;
  // How often they were right lately: of a source, and of the chosen one by what the others say.
  std::array<std::array<float, kGrades>, kSources> source_chance_;
  std::array<std::array<std::array<float, kGrades>, 4>, kSources> chance_;
};

}  // namespace lmpack
