// What the matches of a lane say of the next bit, as logits for the mixers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "lmpack/coder/block_layout.hpp"
#include "lmpack/mixing/logistic.hpp"
#include "lmpack/mixing/match_model.hpp"
#include "lmpack/mixing/state_map.hpp"

namespace lmpack {

// Match models with several shortest lengths.
class MatchInputs {
 public:
  static constexpr std::size_t kInputs = 2;          // of each model
  static constexpr std::size_t kLengthClasses = 16;  // of the longest match, for what selects

  // shortest: the lengths. The other arguments as for MatchModel.
  MatchInputs(std::span<const std::uint8_t> plain, BlockLayout layout,
              std::span<const std::size_t> shortest, int places_log2);

  // Starts the next byte of a lane, with a match for each model.
  void start_byte(std::span<Match> matches);

  // Makes the inputs: 0 where the expected byte disagrees with the prefix, a leading 1 and the
  // `bit` bits of the byte that are known. inputs: [kInputs][models].
  void predict(std::uint32_t prefix, int bit, Logit* inputs);

  // The bit that came.
  void update(std::uint32_t bit);

  // Asks the memory for what finish_byte() will look at.
  void prefetch(std::size_t place, std::uint64_t last) const {
    for (const Model& model : models_) model.matches.prefetch(place, last);
  }

  // The byte at a place is known. last: the last eight bytes of its lane.
  void finish_byte(std::span<Match> matches, std::size_t place, std::uint64_t last);

  // As for MatchModel.
  void go_on(const MixedBytes& bytes, std::size_t lanes);

  // Keeps what update() will change. From keep_changes() on finish_byte() keeps what it changes.
  // undo() takes all such changes back.
  void keep();
  void keep_changes();
  void undo();

  // Of the longest match whose byte agrees with the prefix: 0 if there is none.
  std::size_t length_class() const { return length_class_; }
  // And its byte.
  std::uint32_t expected() const { return expected_; }

 private:
  struct Model {
    MatchModel matches;
    StateMap by_length;
    StateMap by_byte;
    std::uint32_t expected = 0;  // 256 + the byte; 0 if there is no match
    std::size_t length_class = 0;
    bool agrees = false;
  };

  const Logistic& logistic_ = logistic();
  std::vector<Model> models_;
  std::span<Match> current_;
  std::size_t length_class_ = 0;
  std::uint32_t expected_ = 0;
};

}  // namespace lmpack
