#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "lmpack/copies/copy_finder.hpp"
#include "lmpack/copies/copy_list.hpp"
#include "lmpack/copies/copying.hpp"
#include "lmpack/error.hpp"

namespace {

using namespace lmpack;

using Bytes = std::vector<std::uint8_t>;

Bytes noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  Bytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

void append(Bytes& bytes, const Bytes& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

// Finds the copies of a block, checks that they give it back, and tells them.
std::vector<Copy> checked_copies(const Bytes& plain, std::size_t shortest) {
  const std::vector<Copy> copies = find_copies(plain, shortest);
  const Bytes list = list_of_copies(copies);
  const Bytes remainder = remainder_of(plain, copies);
  CHECK(remainder.size() == remainder_length(list, plain.size()));
  Bytes back(plain.size());
  put_copies(list, remainder, back);
  CHECK(back == plain);
  CopyReader reader(list, plain.size());
  if (!copies.empty()) CHECK(copies[0].length >= shortest);
  for (const Copy& copy : copies) {
    CHECK(copy.length >= kShortestCopy);
    CHECK(reader.next() == copy);
  }
  CHECK(reader.next() == std::nullopt);
  return copies;
}

std::size_t copied(const std::vector<Copy>& copies) {
  std::size_t sum = 0;
  for (const Copy& copy : copies) sum += copy.length;
  return sum;
}

TEST_CASE("what was not there before is not copied") {
  CHECK(checked_copies({}, kShortestCopy).empty());
  CHECK(checked_copies({7}, kShortestCopy).empty());
  CHECK(checked_copies(noise(100'000, 1), kShortestCopy).empty());
}

TEST_CASE("a stretch is found whole wherever it stands") {
  const Bytes stretch = noise(400, 1);
  for (std::size_t gap = 0; gap <= 2 * 64; ++gap) {
    Bytes plain = noise(100, 2);
    append(plain, stretch);
    append(plain, noise(500 + gap, 3));
    const std::size_t second = plain.size();
    append(plain, stretch);
    append(plain, noise(gap, 4));
    const auto copies = checked_copies(plain, 256);
    REQUIRE(copies.size() == 1);
    CHECK(copies[0] == Copy{second, stretch.size(), second - 100});
  }
}

TEST_CASE("a stretch that is too short stays") {
  Bytes plain = noise(300, 1);
  append(plain, noise(1000, 2));
  append(plain, noise(300, 1));
  append(plain, noise(10, 3));
  CHECK(checked_copies(plain, 300).size() == 1);
  CHECK(checked_copies(plain, 301).empty());
}

TEST_CASE("periods become one copy that overlaps itself") {
  for (std::size_t period = 1; period <= 300; ++period) {
    const Bytes once = noise(period, static_cast<unsigned>(period));
    Bytes plain;
    while (plain.size() < 20'000) append(plain, once);
    const auto copies = checked_copies(plain, 512);
    REQUIRE(copies.size() == 1);
    CHECK(copies[0].distance % period == 0);
    // One of the first three pieces is looked up where it stands again for the first time.
    CHECK(plain.size() - copied(copies) <= period + 2 * 64);
  }
}

// A stretch of noise, and once more with other bytes in between: one at each of these places.
Bytes twice_but_for(std::size_t size, const std::vector<std::size_t>& places) {
  Bytes plain = noise(size, 1);
  append(plain, Bytes(plain));
  for (const std::size_t place : places) plain[size + place] ^= 1;
  return plain;
}

TEST_CASE("short stretches go on a long copy") {
  // As in the head of a file in a tar: a digit of its path, and two digits of a checksum.
  const auto copies = checked_copies(twice_but_for(9000, {5000, 5148, 5150}), 2048);
  REQUIRE(copies.size() == 3);
  CHECK(copies[1] == Copy{1, 147, 9000});
  CHECK(copies[2] == Copy{3, 9000 - 5151, 9000});
  // Too far away.
  const Bytes gap = twice_but_for(9000, {5000, 5032, 5064});
  CHECK(checked_copies(gap, 2048)[1] == Copy{65, 9000 - 5065, 9000});
}

TEST_CASE("short stretches end when there are too many") {
  std::vector<std::size_t> places;
  for (std::size_t place = 6000; place < 9000; place += 100) places.push_back(place);
  const auto copies = checked_copies(twice_but_for(9000, places), 2048);
  // 6000 bytes and twice 99 are less than three times 2048.
  CHECK(copies.size() == 4);
}

TEST_CASE("copies of copies") {
  Bytes plain = noise(700, 1);
  for (int doubled = 0; doubled < 8; ++doubled) {
    append(plain, Bytes(plain));
    append(plain, noise(3, static_cast<unsigned>(doubled)));
  }
  CHECK(plain.size() - copied(checked_copies(plain, 256)) < 700 + 8 * 100);
}

TEST_CASE("any mixture of new and old comes back") {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    Bytes plain = noise(1 + random() % 300, static_cast<unsigned>(round));
    for (int part = 0; part < 12; ++part) {
      const std::size_t start = random() % plain.size();
      const std::size_t length = random() % 600;
      if (random() % 3 == 0) append(plain, noise(length / 4, static_cast<unsigned>(round)));
      for (std::size_t i = 0; i < length; ++i) plain.push_back(plain[start + i]);
    }
    checked_copies(plain, kShortestCopy + random() % 100);
  }
}

TEST_CASE("copies reach into a prefix, and leave something to be mixed") {
  const Bytes prefix = noise(10'000, 1);
  const PrefixPieces pieces(prefix);
  const auto stretch = [&](std::size_t start, std::size_t length) {
    const auto begin = prefix.begin() + static_cast<std::ptrdiff_t>(start);
    return Bytes(begin, begin + static_cast<std::ptrdiff_t>(length));
  };
  const auto check = [&](const Bytes& plain) {
    const std::vector<Copy> copies = find_copies(plain, 256, &pieces);
    const Bytes list = list_of_copies(copies);
    const Bytes remainder = remainder_of(plain, copies);
    CHECK(remainder.size() >= 1);
    CHECK(remainder.size() == remainder_length(list, plain.size(), prefix.size()));
    Bytes back(plain.size());
    put_copies(list, remainder, back, prefix);
    CHECK(back == plain);
    return copies;
  };
  CHECK(check(stretch(123, 1000)) == std::vector{Copy{0, 999, 10'000 - 123}});
  CHECK(check(stretch(9'000, 1000)) == std::vector{Copy{0, 999, 1000}});
  CHECK(check(prefix) == std::vector{Copy{0, 9'999, 10'000}});
  for (std::size_t back = 1; back < 130; ++back) {
    // The bytes behind the change are few, and go on with the block where the prefix ends.
    Bytes plain = stretch(7'000, 3'000);
    plain[plain.size() - back] ^= 1;
    append(plain, stretch(7'000, 3'000));
    check(plain);
  }
  for (std::size_t start = 0; start < 130; ++start) {
    // A chain of two links, and both again from the block itself.
    const Bytes parts[] = {noise(start, 2), stretch(start * 7, 700), noise(20, 3),
                           stretch(start * 7 + 720, 4000)};
    Bytes plain;
    for (const Bytes& part : parts) append(plain, part);
    for (const Bytes& part : parts) append(plain, part);
    const auto copies = check(plain);
    CHECK(copied(copies) > plain.size() - start - 200);
  }
  CHECK(check(noise(3'000, 4)).empty());
}

TEST_CASE("a copy from a prefix may go on into the block") {
  const Bytes prefix{1, 2, 3};
  Bytes plain(201);
  put_copies(Bytes{1, 136, 1, 4}, Bytes{9}, plain, prefix);
  for (std::size_t i = 0; i < plain.size(); ++i) {
    CHECK(plain[i] == (i % 4 == 0 ? 9 : prefix[i % 4 - 1]));
  }
}

TEST_CASE("lists that belong to no block are refused") {
  constexpr std::size_t kLength = 200;
  const auto left = [](const Bytes& list) { return remainder_length(list, kLength); };
  CHECK(left({}) == kLength);
  CHECK(left({1, 0, 1}) == kLength - 64);
  CHECK(left({1, 135, 1, 1}) == 1);
  CHECK(left({1, 0, 1, 0, 0, 65}) == kLength - 128);
  CHECK(left({1, 0, 1, 0, 0, 0}) == kLength - 128);
  for (const Bytes& list : {
           Bytes{1},                            // ends inside of an entry
           Bytes{1, 0},                         //
           Bytes{1, 0, 128},                    // ends inside of a number
           Bytes{1, 0, 1, 0},                   //
           Bytes{0, 0, 1},                      // from before the start
           Bytes{1, 0, 2},                      //
           Bytes{1, 0, 1, 0, 0, 66},            //
           Bytes{1, 0, 0},                      // from nowhere
           Bytes{1, 136, 1, 1},                 // beyond the end
           Bytes{137, 1, 0, 1},                 //
           Bytes{200, 2, 0, 1},                 //
           Bytes{255, 255, 255, 127, 0, 1},     //
           Bytes{1, 255, 255, 255, 127, 1},     //
           Bytes{1, 0, 255, 255, 255, 127},     //
           Bytes{255, 255, 255, 255, 0, 0, 1},  // too large
           Bytes{1, 128, 128, 128, 128, 1, 1},  //
           Bytes{129, 0, 0, 1},                 // not the shortest
           Bytes{1, 128, 0, 1},                 //
       }) {
    CHECK_THROWS_AS(left(list), DamagedStream);
  }
}

TEST_CASE("lists that go beyond a prefix, or leave nothing, are refused") {
  const auto left = [](const Bytes& list) { return remainder_length(list, 200, 10); };
  CHECK(left({0, 0, 10}) == 200 - 64);
  CHECK(left({1, 0, 11}) == 200 - 64);
  CHECK(left({0, 135, 1, 10}) == 1);
  CHECK_THROWS_AS(left({0, 0, 11}), DamagedStream);
  CHECK_THROWS_AS(left({1, 0, 12}), DamagedStream);
  CHECK_THROWS_AS(left({0, 0, 0}), DamagedStream);
  CHECK_THROWS_AS(left({0, 136, 1, 10}), DamagedStream);
}

TEST_CASE("a remainder of another length is refused") {
  Bytes plain(200);
  CHECK_THROWS_AS(put_copies(Bytes{1, 0, 1}, Bytes(135), plain), DamagedStream);
  CHECK_THROWS_AS(put_copies(Bytes{1, 0, 1}, Bytes(137), plain), DamagedStream);
  CHECK_THROWS_AS(put_copies(Bytes{0, 0, 1}, Bytes(136), plain), DamagedStream);
}

TEST_CASE("the finder refuses what it is not made for") {
  CHECK_THROWS_AS(find_copies(Bytes(10), kShortestCopy - 1), InvalidArgument);
  CHECK_THROWS_AS(find_copies(Bytes((1 << 24) + 1), kShortestCopy), InvalidArgument);
}

}  // namespace
