// What the first bits of a decimal number say of the next one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "lmpack/mixing/contexts/table_rows.hpp"
#include "lmpack/mixing/logistic.hpp"
#include "lmpack/mixing/state_map.hpp"

namespace lmpack {

// Counts the decimals that begin with the known bits, those that go on with a 0 and with a 1.
class DecimalInput {
 public:
  // The input of the next bit for the mixers; 0 if it is not of such a number. prefix: a leading 1
  // and the `bit` bits of the byte that are known.
  Logit predict(const TableRows& rows, std::uint32_t prefix, int bit);

  // The bit that came.
  void update(std::uint32_t bit) {
    if (is_active_) map_.update(bit);
  }

  // Keeps what update() will change; undo() takes all such changes back.
  void keep() {
    if (is_active_) map_.keep();
  }
  void undo() { map_.undo(); }

 private:
  static constexpr std::size_t kClasses = 8;  // of counts
  static constexpr std::uint32_t kLimit = 1000;

  static std::size_t class_of(std::uint64_t count);

  StateMap map_{kClasses * kClasses, kLimit};
  bool is_active_ = false;
};

}  // namespace lmpack
