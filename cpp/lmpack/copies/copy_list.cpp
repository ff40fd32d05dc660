#include "lmpack/copies/copy_list.hpp"

#include "lmpack/error.hpp"

namespace lmpack {
namespace {

// In place of the distance of the copy before.
constexpr std::size_t kDistanceBefore = 0;

constexpr int kGroupBits = 7;
constexpr std::size_t kMore = 1 << kGroupBits;

// Every number of a list is below 2**28: that is more than a block is long.
constexpr int kMostGroups = 4;

void append_varint(std::vector<std::uint8_t>& bytes, std::size_t value) {
  for (; value >= kMore; value >>= kGroupBits) {
    bytes.push_back(static_cast<std::uint8_t>(kMore | value % kMore));
  }
  bytes.push_back(static_cast<std::uint8_t>(value));
}

}  // namespace

std::vector<std::uint8_t> list_of_copies(std::span<const Copy> copies) {
  std::vector<std::uint8_t> bytes;
  std::size_t before = 0;
  for (const Copy& copy : copies) {
    if (copy.length < kShortestCopy) throw InvalidArgument("a copy is shorter than any may be");
    append_varint(bytes, copy.literals);
    append_varint(bytes, copy.length - kShortestCopy);
    append_varint(bytes, copy.distance == before ? kDistanceBefore : copy.distance);
    before = copy.distance;
  }
  return bytes;
}

std::optional<Copy> CopyReader::next() {
  if (left_.empty()) return std::nullopt;
  const std::size_t literals = number();
  const std::size_t length = number() + kShortestCopy;
  if (const std::size_t distance = number(); distance != kDistanceBefore) distance_ = distance;
  if (literals > room_ || length > room_ - literals) {
    throw DamagedStream("a copy goes beyond the end of the block");
  }
  if (distance_ == 0 || distance_ > place_ + literals) {
    throw DamagedStream("a copy is made from before all bytes that there are, or from nowhere");
  }
  place_ += literals + length;
  room_ -= literals + length;
  return Copy{literals, length, distance_};
}

std::size_t CopyReader::number() {
  std::size_t value = 0;
  for (int group = 0; group < kMostGroups && !left_.empty(); ++group) {
    const std::size_t byte = left_.front();
    left_ = left_.subspan(1);
    value |= byte % kMore << kGroupBits * group;
    if (byte < kMore) {
      if (byte == 0 && group > 0) break;
      return value;
    }
  }
  throw DamagedStream("a number in the list of copies is cut short, too large or too long");
}

std::size_t remainder_length(std::span<const std::uint8_t> list, std::size_t plain_length,
                             std::size_t before) {
  CopyReader reader(list, plain_length, before);
  std::size_t left = plain_length;
  while (const auto copy = reader.next()) left -= copy->length;
  if (left == 0 && !list.empty()) throw DamagedStream("copies leave nothing of the block");
  return left;
}

}  // namespace lmpack
