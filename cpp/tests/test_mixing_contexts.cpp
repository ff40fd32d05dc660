// What selects statistics: each part says what it says of bytes that are easy to follow.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lmpack/mixing/contexts/followers.hpp"
#include "lmpack/mixing/contexts/instruction_bytes.hpp"
#include "lmpack/mixing/contexts/instructions.hpp"
#include "lmpack/mixing/contexts/keyed_values.hpp"
#include "lmpack/mixing/contexts/lane_contexts.hpp"
#include "lmpack/mixing/contexts/lines.hpp"
#include "lmpack/mixing/contexts/nesting.hpp"
#include "lmpack/mixing/contexts/records.hpp"
#include "lmpack/mixing/contexts/shapes.hpp"
#include "lmpack/mixing/contexts/string_before.hpp"
#include "lmpack/mixing/contexts/words.hpp"
#include "lmpack/mixing/predictor_parts.hpp"
#include "test_support.hpp"

namespace {

using namespace lmpack;
using testing::Bytes;

Bytes bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

// For parts that take the byte alone.
template <typename Part>
Part after(Part part, std::string_view text) {
  for (const std::uint8_t byte : bytes_of(text)) part.add(byte);
  return part;
}

// For parts that look back into the lane.
template <typename Part>
Part after_lane(Part part, const Bytes& lane) {
  for (std::size_t size = 1; size <= lane.size(); ++size) part.add(std::span(lane).first(size));
  return part;
}

// For parts that look back into the lane, and are told where it is in quotes.
template <typename Part>
Part after_quoted(Part part, const Bytes& lane) {
  Nesting nesting;
  for (std::size_t size = 1; size <= lane.size(); ++size) {
    nesting.add(lane[size - 1], 0);
    part.add(std::span(lane).first(size), nesting.bracket() == '"');
  }
  return part;
}

Nesting nesting_after(std::string_view text) {
  Nesting nesting;
  Words words;
  for (const std::uint8_t byte : bytes_of(text)) {
    words.add(byte);
    nesting.add(byte, words.second());
  }
  return nesting;
}

LaneContexts contexts_after(const Bytes& lane, Followers& followers, std::uint32_t stride = 0) {
  LaneContexts contexts(stride);
  for (std::size_t size = 1; size <= lane.size(); ++size) {
    contexts.add(std::span(lane).first(size), followers);
  }
  return contexts;
}

std::uint64_t hash_after(std::string_view text, Context context) {
  Followers followers;
  return contexts_after(bytes_of(text), followers).hash(context, followers);
}

// The parts of the bytes of an instruction, each with the number of bytes of it that are known.
using Step = std::pair<int, std::uint32_t>;

std::vector<Step> steps_of(const Bytes& code) {
  Instructions instructions;
  std::vector<Step> steps;
  for (const std::uint8_t byte : code) {
    steps.emplace_back(instructions.part(), instructions.read());
    instructions.add(byte);
  }
  // The next one begins.
  CHECK(instructions.part() == Instructions::kOpcode);
  CHECK(instructions.read() == 0);
  return steps;
}

constexpr int kOpcode = Instructions::kOpcode, kModRm = Instructions::kModRm,
              kSib = Instructions::kSib, kOperand = Instructions::kOperand;

}  // namespace

TEST_CASE("words are hashes of letters and digits, whatever their case") {
  CHECK(after(Words(), "Hello").word() == after(Words(), "!?hELLO").word());
  CHECK(after(Words(), "hello").word() != after(Words(), "hellp").word());
  CHECK(after(Words(), "hello").length() == 5);
  const Words words = after(Words(), "one two, three");
  CHECK(words.word() == after(Words(), "three").word());
  CHECK(words.second() == after(Words(), "two").word());
  CHECK(words.third() == after(Words(), "one").word());
  CHECK(words.gap() == after(Words(), "x, ").gap());
  CHECK(words.gap_before() == after(Words(), "x y").gap());
  const Words between = after(Words(), "one two. ");
  CHECK(between.word() == 0);
  CHECK(between.length() == 0);
  CHECK(between.second() == words.second());
  CHECK(between.gap() != words.gap());
}

TEST_CASE("a character of a script without spaces is a word") {
  // Two characters of three bytes each; then one that is a letter of a word.
  const Words words = after(Words(), "\xE6\x97\xA5\xE6\x9C\xAC");
  CHECK(words.word() == after(Words(), "\xE6\x9C\xAC").word());
  CHECK(words.second() == after(Words(), "\xE6\x97\xA5").word());
  CHECK(words.length() == 3);
  CHECK(after(Words(), "a\xC3\xA4").length() == 3);
}

TEST_CASE("shapes tell letters, capitals and digits apart, and groups count a run of them once") {
  const Shapes shapes = after(Shapes(), "Ab12-x\xC3");
  CHECK(shapes.shapes() == 0x41'61'30'30'2D'61'80);
  CHECK(shapes.groups() == 0x41'61'30'2D'61'80);
  CHECK_FALSE(shapes.in_run());
  CHECK(after(Shapes(), "Ab12").in_run());
  CHECK(after(Shapes(), "abc \t99").groups() == after(Shapes(), "zz \t1234").groups());
  // Only letters and digits are in runs.
  CHECK(after(Shapes(), "--").groups() == 0x2D2D);
  CHECK(after(Shapes(), "--").in_run() == false);
  CHECK(after(Shapes(), "a-b-c-d-e-f").older_groups() == 0x61'2D'61);
}

TEST_CASE("lines know what stands above") {
  const Lines lines = after_lane(Lines(), bytes_of("abcdef\nabx"));
  CHECK(lines.column() == 3);
  CHECK(lines.length_above() == 7);
  CHECK(lines.above() == 'd');
  CHECK_FALSE(lines.matches_above());
  CHECK(after_lane(Lines(), bytes_of("abcdef\nab")).matches_above());
  CHECK(after_lane(Lines(), bytes_of("ab\nabcd")).above() == 0);
  CHECK(after_lane(Lines(), bytes_of("abcd")).above() == 0);
}

TEST_CASE("fields know the field of the same number above") {
  const auto in = [](std::string_view text) { return after_lane(Lines(), bytes_of(text)); };
  const std::string_view above = "alpha,be;gamma\tx|y\n";
  const auto follow = [&](std::string_view line) { return in(std::string(above).append(line)); };
  const auto found = [&](std::string_view line) {
    const Lines lines = follow(line);
    return std::pair<char, char>(static_cast<char>(lines.field_above()),
                                 static_cast<char>(lines.field_above_next()));
  };
  CHECK(found("") == std::pair('a', 'l'));
  CHECK(found("xyz") == std::pair('h', 'a'));
  CHECK(found("1,") == std::pair('b', 'e'));
  CHECK(found("a longer one,2") == std::pair('e', ';'));
  CHECK(found(",,") == std::pair('g', 'a'));
  CHECK(found(",,,,") == std::pair('y', '\n'));
  CHECK(found(",,,,1") == std::pair('\n', '\0'));
  CHECK(found(",,,,,") == std::pair('\0', '\0'));  // there are five
  CHECK(found(",,,,,,2") == std::pair('\0', '\0'));
  CHECK(in("alpha,b").field_above() == 0);
  CHECK(in("\nx,").field_above() == 0);
  CHECK(follow("1,2;3").fields() == 2);
  CHECK(follow("1,abc").field() == follow("5,7,abc").field());
  CHECK(follow("1,abc").field() != follow("1,abd").field());
  CHECK(follow("1,").field() == 0);
  // The line above is the last one.
  CHECK(in("a,b\nc,d\ne,").field_above() == 'd');
}

TEST_CASE("brackets stay open until they are closed") {
  CHECK(nesting_after("").bracket() == 0);
  CHECK(nesting_after("f(a[1").bracket() == '[');
  CHECK(nesting_after("f(a[1]").bracket() == '(');
  CHECK(nesting_after("f(a[1])").bracket() == 0);
  CHECK(nesting_after(")").bracket() == 0);
  CHECK(nesting_after("{\"a").bracket() == '"');
  CHECK(nesting_after("{\"a\"").bracket() == '{');
  CHECK(nesting_after("{\"a\n").bracket() == '{');
  CHECK(nesting_after("if (x").key() == nesting_after("if (yy").key());
  CHECK(nesting_after("if (x").key() != nesting_after("do (x").key());
  // Deeper ones than are remembered do no harm.
  std::string deep(100, '(');
  CHECK(nesting_after(deep).bracket() == '(');
  CHECK(nesting_after(deep + std::string(64, ')')).bracket() == 0);
}

TEST_CASE("records of a stride show their columns") {
  Bytes lane(50);
  for (std::size_t i = 0; i < lane.size(); ++i) lane[i] = static_cast<std::uint8_t>(i);
  const Records records = after_lane(Records(12), lane);
  CHECK(records.length() == 12);
  CHECK(records.column() == 50 % 12);
  CHECK(records.above() == 38);
  CHECK(records.above_above() == 26);
  CHECK(records.before_above() == 37);
  CHECK(records.after_above() == 39);
  const Records first = after_lane(Records(12), {1, 2, 3});
  CHECK(first.above() == 0);
  CHECK(first.before_above() == 0);
  CHECK(after_lane(Records(1), {1, 2, 3}).above() == 3);
  CHECK(after_lane(Records(1), {1, 2, 3}).after_above() == 0);
}

TEST_CASE("the length of records is found, and found anew") {
  testing::Random random(1);
  const auto table = [&](std::size_t length, std::size_t rows) {
    Bytes bytes;
    for (std::size_t i = 0; i < length * rows; ++i) {
      const bool constant = i % length == 0;
      bytes.push_back(static_cast<std::uint8_t>(constant ? 255 : random.below(200)));
    }
    return bytes;
  };
  for (const std::size_t length : {5U, 24U, 100U, 1000U}) {
    CHECK(after_lane(Records(0), table(length, 60)).length() == length);
  }
  Bytes both = table(24, 60);
  const Bytes more = table(36, 60);
  both.insert(both.end(), more.begin(), more.end());
  CHECK(after_lane(Records(0), both).length() == 36);
  CHECK(after_lane(Records(0), bytes_of("no records are here")).length() == 4);
}

TEST_CASE("instructions are followed part by part") {
  // push rbp
  CHECK(steps_of({0x55}) == std::vector<Step>{{kOpcode, 0}});
  // mov rbp, rsp: a REX prefix
  CHECK(steps_of({0x48, 0x89, 0xE5}) == std::vector<Step>{{kOpcode, 0}, {kOpcode, 1}, {kModRm, 0}});
  // call, with an address
  CHECK(
      steps_of({0xE8, 1, 2, 3, 4}) ==
      std::vector<Step>{{kOpcode, 0}, {kOperand, 0}, {kOperand, 1}, {kOperand, 2}, {kOperand, 3}});
  // mov eax, [rsp + 8]: SIB and displacement
  CHECK(steps_of({0x8B, 0x44, 0x24, 0x08}) ==
        std::vector<Step>{{kOpcode, 0}, {kModRm, 0}, {kSib, 0}, {kOperand, 0}});
  // mov eax, [4 * rax + 0x04030201]: an SIB without a base
  CHECK(steps_of({0x8B, 0x04, 0x85, 1, 2, 3, 4}).size() == 7);
  // lea rdi, [rip + 0x04030201]
  CHECK(steps_of({0x48, 0x8D, 0x3D, 1, 2, 3, 4}).size() == 7);
  // movabs rax, a number of 8 bytes; mov eax, one of 4; mov ax, one of 2
  CHECK(steps_of({0x48, 0xB8, 1, 2, 3, 4, 5, 6, 7, 8}).size() == 10);
  CHECK(steps_of({0xB8, 1, 2, 3, 4}).size() == 5);
  CHECK(steps_of({0x66, 0xB8, 1, 2}).size() == 4);
  // movzx eax, byte [rax]; je with an address
  CHECK(steps_of({0x0F, 0xB6, 0x00}) == std::vector<Step>{{kOpcode, 0}, {kOpcode, 1}, {kModRm, 0}});
  CHECK(steps_of({0x0F, 0x84, 1, 2, 3, 4}).size() == 6);
  // test byte [rax], 5 has an immediate, not byte [rax] has none
  CHECK(steps_of({0xF6, 0x00, 5}).size() == 3);
  CHECK(steps_of({0xF6, 0x10}).size() == 2);
  CHECK(steps_of({0xF7, 0x00, 1, 2, 3, 4}).size() == 6);
}

TEST_CASE("instructions say what they are") {
  const Bytes code = {0x48, 0x89, 0xE5, 0x66, 0xB8};
  Instructions instructions;
  for (const std::uint8_t byte : code) instructions.add(byte);
  CHECK(instructions.now() == (0xB8U << 16 | 1));  // a short operand follows
  CHECK(instructions.last() == (0x89U << 16 | 0xE5U << 8 | 4));
  CHECK(instructions.part_before() == Instructions::kOpcode);
  // Whatever the bytes are, one instruction ends some day.
  testing::Random random(1);
  std::size_t since = 0, longest = 0;
  for (int i = 0; i < 100000; ++i) {
    instructions.add(static_cast<std::uint8_t>(random.below(256)));
    since = instructions.part() == Instructions::kOpcode ? 0 : since + 1;
    longest = std::max(longest, since);
    CHECK(instructions.read() < 64);
  }
  CHECK(longest <= 10);
}

TEST_CASE("followers are what came after the same bytes") {
  Followers followers;
  const LaneContexts contexts = contexts_after(bytes_of("xyaxybxyc_xy"), followers);
  const auto places = Followers::Places::of(contexts.last(), 7);
  CHECK(places.byte == 'y');
  CHECK(places.pair == ('x' << 8 | 'y'));
  CHECK(places.nibbles == 0x6577);
  CHECK(followers.after_byte(places) == ('a' << 16 | 'b' << 8 | 'c'));
  CHECK(followers.after_pair(places) == ('b' << 8 | 'c'));
  CHECK(followers.after_pair(Followers::Places::of('c' << 8 | '_', 0)) == 'x');
  CHECK(followers.after_token(places) == 0);
}

TEST_CASE("values stand below the one that their key had before") {
  const Bytes lane = bytes_of("size: 12, name: x, size: 1");
  const auto values = after_quoted(KeyedValues{}, lane);
  CHECK(values.has_above());
  CHECK(values.place() == 2);
  CHECK(values.above() == '2');
  CHECK(values.above_next() == ',');
  CHECK(values.repeats());
  const auto other = after_quoted(KeyedValues{}, bytes_of("size: 12, name: x, name: y"));
  CHECK(other.above() == ',');
  CHECK_FALSE(other.repeats());
  CHECK(other.key() != values.key());
  CHECK_FALSE(after_quoted(KeyedValues{}, bytes_of("size: 12, name: x, ")).has_above());
}

TEST_CASE("a string follows the one before, from behind its comma on") {
  const auto string = [](std::string_view text) {
    return after_quoted(StringBefore{}, bytes_of(text));
  };
  CHECK(string("\"one\", \"").expected() == 'o');
  CHECK(string("\"one\", \"On").expected() == 'e');
  CHECK(string("\"one\", \"On").run() == 2);
  CHECK(string("\"wider\", \"we").expected() == 'r');
  CHECK(string("\"wider\", \"wx").expected() == 'i');
  CHECK(string("\"wider\", \"wx").run() == 0);
  CHECK(string("\"Doe, Joe\", \"").expected() == 'J');
  CHECK(string("\"Doe, Joe\", \"Joe ").expected() == 'D');
  CHECK(string("\"a\": \"one\", \"key\": \"").expected() == 'o');
  CHECK(string("").expected() == 0);
}

TEST_CASE("operands stand below those of the same instruction, and of the same address") {
  const auto code_after = [](const Bytes& lane) {
    Instructions code;
    InstructionBytes bytes;
    for (std::size_t size = 1; size <= lane.size(); ++size) {
      code.add(lane[size - 1]);
      bytes.add(std::span(lane).first(size), code);
    }
    return bytes;
  };
  // mov rax, [rbp+8]; mov rax, [rbp+
  const auto same = code_after({0x48, 0x8B, 0x45, 0x08, 0x48, 0x8B, 0x45});
  CHECK(same.above() == 0x08);
  CHECK(same.address_above() == 0x08);
  CHECK(same.repeats());
  // mov rax, [rbp+8]; mov rcx, [rbp+
  const auto other = code_after({0x48, 0x8B, 0x45, 0x08, 0x48, 0x8B, 0x4D});
  CHECK(other.above() == 0);
  CHECK(other.address_above() == 0x08);
  CHECK(other.address_above_that() == 0);
}

TEST_CASE("every context has a number of its own") {
  std::set<std::uint64_t> hashes;
  for (std::size_t i = 0; i < kMostContexts; ++i) {
    hashes.insert(hash_after("", static_cast<Context>(i)));
  }
  CHECK(hashes.size() == kMostContexts);
}

TEST_CASE("contexts see what they should and nothing else") {
  const auto same = [](Context context, std::string_view a, std::string_view b) {
    return hash_after(a, context) == hash_after(b, context);
  };
  using enum Context;
  struct Case {
    Context context;
    std::string_view one, alike, other;
  };
  const Case cases[] = {
      {kOrder2, "aaxy", "bbxy", "aazy"},
      {kOrder3, "aaxyz", "bbxyz", "aaayz"},
      {kOrder6, "_123456", "-123456", "_023456"},
      {kWord, "an apple", "the Apple", "an appla"},
      {kWordPair, "red apple", "a red, apple", "big apple"},
      {kWordGap, "an, red apple", "a, big apple", "an red-apple"},
      {kGroups4, "ab1-c", "xyz22-h", "ab1-C"},
      {kKinds, "ab c1", "xy z9", "ab  1"},
      {kColumnAbove, "abc\nab", "xbc\nyb", "abd\nab"},
      {kField, "a,b,cd", "x,y,cd", "b,cd"},
      {kFieldAbove, "a,xy\nb,x", "aaa,xy\nbbb,x", "a,xz\nb,x"},
      {kBracket, "(ab", "((xy", "[ab"},
      {kBracketKey, "if (ab", "if (b ab", "do (ab"},
      {kAfterPair, "abxyab", "abxyzab", "abzyab"},
      {kByte2, "abc", "xbz", "aac"},
      {kBytes24, "abcde", "zbxdy", "aacde"},
      {kTopBits, "abcd", "cbad", "aBcd"},
      {kZeros4, "abcd", "azyc", "zbcd"},
      {kCode, "\x55\xE8\x01", "\x90\xE8\x02", "\x55\xE9\x01"},
  };
  for (const Case& one : cases) {
    CAPTURE(kContextNames[static_cast<std::size_t>(one.context)]);
    CHECK(same(one.context, one.one, one.alike));
    CHECK_FALSE(same(one.context, one.one, one.other));
  }
}

TEST_CASE("contexts of records see the columns of the records before") {
  const auto hash = [](Bytes lane, Context context) {
    Followers followers;
    return contexts_after(lane, followers, 3).hash(context, followers);
  };
  using enum Context;
  CHECK(hash({1, 2, 3, 9, 9}, kNorth) == hash({7, 7, 3, 8, 8}, kNorth));
  CHECK(hash({1, 2, 3, 9, 9}, kNorth) != hash({1, 2, 4, 9, 9}, kNorth));
  CHECK(hash({1, 2, 3, 9, 9}, kNorthColumn) != hash({1, 1, 2, 3, 9, 9}, kNorthColumn));
  CHECK(hash({1, 2, 3, 9, 5}, kNeighbours) == hash({8, 2, 3, 9, 5}, kNeighbours));
  CHECK(hash({1, 2, 3, 9, 5}, kNeighbours) != hash({1, 1, 3, 9, 5}, kNeighbours));
  CHECK(hash({1, 2, 3, 9, 5}, kRecordByte) == hash({8, 7, 6, 5, 5}, kRecordByte));
}

TEST_CASE("each predictor has contexts once, and the stronger ones have more") {
  for (const bool records : {false, true}) {
    std::size_t before = 0;
    for (const Predictor predictor : {Predictor::kLight, Predictor::kFull, Predictor::kStrong}) {
      const PredictorParts parts = parts_of(predictor, records);
      const std::set<Context> once(parts.contexts.begin(), parts.contexts.end());
      CHECK(once.size() == parts.contexts.size());
      CHECK(once.size() > before);
      before = once.size();
    }
  }
}
