// Rows of tables and the decimal numbers in them.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "lmpack/mixing/adaptive_block.hpp"
#include "lmpack/mixing/contexts/decimals.hpp"
#include "lmpack/mixing/contexts/table_rows.hpp"
#include "lmpack/mixing/decimal_input.hpp"
#include "test_support.hpp"

namespace {

using namespace lmpack;
using testing::Bytes;

std::uint64_t bits_of(double number) { return std::bit_cast<std::uint64_t>(number); }

// A row of SQLite: a key, a name and a number.
Bytes row_of(std::uint8_t key, std::string_view name, double number) {
  const auto length = static_cast<std::uint8_t>(name.size());
  Bytes row = {static_cast<std::uint8_t>(3 + length + 8), key, 3,
               static_cast<std::uint8_t>(13 + 2 * length), 7};
  for (const char character : name) row.push_back(static_cast<std::uint8_t>(character));
  for (int shift = 56; shift >= 0; shift -= 8) {
    row.push_back(static_cast<std::uint8_t>(bits_of(number) >> shift));
  }
  return row;
}

void append(Bytes& bytes, std::span<const std::uint8_t> more) {
  for (const std::uint8_t byte : more) bytes.push_back(byte);
}

TableRows after(const Bytes& lane) {
  TableRows rows;
  for (std::size_t size = 1; size <= lane.size(); ++size) rows.add(std::span(lane).first(size));
  return rows;
}

}  // namespace

TEST_CASE("rows are found by their sizes, and compared with the row before") {
  Bytes lane = {0, 0xFF, 0xFF, 0xFF, 0xFF, 0x80};  // of no row
  CHECK_FALSE(after(lane).known());
  append(lane, row_of(7, "Kyoto", 35.02107));
  CHECK(after(lane).known());  // what follows is expected to be a row
  CHECK(after(lane).part() == TableRows::kSize);
  append(lane, row_of(9, "Kyiv", 50.45466));
  Bytes row = row_of(11, "Kyustendil", 42.28389);
  const auto at = [&](std::size_t read) {
    Bytes all = lane;
    append(all, std::span(row).first(read));
    return after(all);
  };
  CHECK(at(1).part() == TableRows::kKey);
  CHECK(at(1).key() == 11);
  CHECK(at(3).part() == TableRows::kTypes);
  CHECK(at(3).left() == 18);
  CHECK(at(4).column() == 1);
  CHECK(at(4).left() == 8);
  CHECK(at(4).type() == 7);
  CHECK(at(5).part() == TableRows::kBody);
  CHECK(at(5).type() == 33);
  CHECK(at(5).above() == 'K');
  CHECK(at(7).repeats());
  CHECK(at(7).place() == 2);
  CHECK(at(7).above() == 'i');
  CHECK(at(7).above_next() == 'v');
  CHECK_FALSE(at(8).repeats());
  CHECK(at(9).above() == 0);
  CHECK(at(15).column() == 1);
  CHECK(at(15).is_decimal());
  CHECK(at(15).digits() == 5);
  CHECK(at(15).above() == 0x40);
  CHECK(at(17).number() == 0x4045);
  row[3] = 10;  // no type
  CHECK_FALSE(at(4).known());
}

TEST_CASE("a row of few columns behind no other one must be like one that was") {
  Bytes lane = {1, 1};
  append(lane, row_of(7, "Kyoto", 35.02107));
  lane.resize(lane.size() - 1);
  CHECK(after(lane).part() == TableRows::kBody);
  CHECK_FALSE(after(lane).known());
  lane = row_of(7, "Kyoto", 35.02107);
  append(lane, row_of(8, "Kobe", 34.6913));
  append(lane, Bytes{0, 0});
  CHECK_FALSE(after(lane).known());
  append(lane, row_of(9, "Otsu", 35.00444));
  lane.resize(lane.size() - 1);
  CHECK(after(lane).in_body());
}

TEST_CASE("decimals are counted by the numbers that they round to") {
  testing::Random random(7);
  double power = 1;
  for (std::uint32_t digits = 0; digits <= Decimals::kMostDigits; ++digits) {
    for (int i = 0; i < 300; ++i) {
      const auto decimal = static_cast<std::uint64_t>(1 + random.below(1000000000));
      const std::uint64_t number = bits_of(static_cast<double>(decimal) / power);
      REQUIRE(Decimals::in_range(number));
      REQUIRE(Decimals::first(number, digits) == decimal);
      REQUIRE(Decimals::first(number + 1, digits) == decimal + 1);
      REQUIRE(Decimals::stand_for(number, digits));
    }
    power *= 10;
  }
  CHECK_FALSE(Decimals::stand_for(bits_of(std::sqrt(2.0)), Decimals::kMostDigits));
  CHECK_FALSE(Decimals::in_range(bits_of(0.0)));
  CHECK_FALSE(Decimals::in_range(bits_of(1e300)));
}

TEST_CASE("the last bits of a decimal number follow from the first ones") {
  Bytes lane;
  for (std::uint8_t key = 1; key <= 60; ++key) {
    append(lane, row_of(key, "x", static_cast<double>(4000000 + 7919 * key) / 100000));
  }
  DecimalInput input;
  TableRows rows;
  std::size_t sure = 0, right = 0;
  for (std::size_t size = 0; size < lane.size(); ++size) {
    for (int bit = 0; bit < 8; ++bit) {
      const std::uint32_t prefix =
          (1U << bit) | static_cast<std::uint32_t>(lane[size] >> (8 - bit));
      const Logit logit = input.predict(rows, prefix, bit);
      const std::uint32_t next = lane[size] >> (7 - bit) & 1U;
      sure += std::abs(logit) > 512;
      right += std::abs(logit) > 512 && (logit > 0) == (next == 1);
      input.update(next);
    }
    rows.add(std::span(std::as_const(lane)).first(size + 1));
  }
  CHECK(sure > 59 * 30);
  CHECK(sure - right < 10);
}

TEST_CASE("rows and decimals have the same probabilities with every compiler") {
  constexpr std::uint64_t kDigests[] = {0xaf000a938a2fa8ae, 0x1b58076abedc87b6, 0x7094038c1bb322cc};
  constexpr std::string_view kNames[] = {"Kyoto", "Kyiv", "Kyustendil", "", "\xFF\x80\x07"};
  testing::Random random(3);
  Bytes plain = {0, 0xFF, 0xFF, 0xFF, 0xFF, 0x80};  // of no row
  while (plain.size() < 8000) {
    const auto key = static_cast<std::uint8_t>(plain.size() / 64);
    const std::string_view name = kNames[random.below(5)];
    const double decimal = static_cast<double>(random.below(1U << 24)) / 10000;
    append(plain, row_of(key, name, random.below(9) == 0 ? std::sqrt(decimal) : -decimal));
  }
  const auto length = static_cast<std::int64_t>(plain.size());
  for (const Predictor predictor : {Predictor::kLight, Predictor::kFull, Predictor::kStrong}) {
    const Bytes payload =
        encode_adaptive_block(plain, BlockLayout(length, length), {0, predictor}, no_progress);
    CAPTURE(payload.size());
    CHECK(testing::digest(payload) == kDigests[static_cast<std::size_t>(predictor) - 1]);
  }
}
