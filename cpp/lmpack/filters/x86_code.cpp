#include "lmpack/filters/x86_code.hpp"

#include <array>

#include "lmpack/filters/progress.hpp"

namespace lmpack {
namespace {

constexpr std::size_t kDisplacement = 4;  // bytes

// Displacements and places are numbers of 25 bits with a sign: those whose highest byte is 00 or
// FF. So the highest byte says before and after whether it is one.
constexpr std::uint32_t kPlaces = std::uint32_t{1} << 25;
constexpr std::uint32_t kSign = kPlaces >> 1;

// Opcodes with a ModRM byte, by the bytes of the constant that follows a displacement.
constexpr std::array<std::uint8_t, 24> kWithoutConstant = {
    0x01, 0x03, 0x09, 0x0B, 0x21, 0x23, 0x29, 0x2B, 0x31, 0x33, 0x38, 0x39,
    0x3A, 0x3B, 0x63, 0x84, 0x85, 0x87, 0x88, 0x89, 0x8A, 0x8B, 0x8D, 0xFF};
constexpr std::array<std::uint8_t, 4> kWithByte = {0x6B, 0x80, 0x83, 0xC6};
constexpr std::array<std::uint8_t, 2> kWithWord = {0x81, 0xC7};

constexpr std::uint8_t kOther = 0xFF;

constexpr std::array<std::uint8_t, 256> constants() {
  std::array<std::uint8_t, 256> sizes{};
  sizes.fill(kOther);
  for (const std::uint8_t opcode : kWithoutConstant) sizes[opcode] = 0;
  for (const std::uint8_t opcode : kWithByte) sizes[opcode] = 1;
  for (const std::uint8_t opcode : kWithWord) sizes[opcode] = 4;
  return sizes;
}
constexpr std::array<std::uint8_t, 256> kConstants = constants();

// The addressing mode "distance from the next instruction" of 64-bit code.
bool addresses_by_distance(std::uint8_t mod_rm) { return (mod_rm & 0xC7) == 0x05; }

// Where a displacement may stand in an instruction.
struct Site {
  std::size_t opcode = 0;    // bytes before the displacement, 0 if there is none
  std::size_t constant = 0;  // bytes after it
};

Site site_at(const std::uint8_t* code, bool has_relative_data) {
  if (code[0] == 0xE8 || code[0] == 0xE9) return {1};
  if (code[0] == 0x0F && (code[1] & 0xF0) == 0x80) return {2};
  const std::uint8_t constant = kConstants[code[0]];
  if (has_relative_data && constant != kOther && addresses_by_distance(code[1])) {
    return {2, constant};
  }
  return {};
}

std::uint32_t read_little(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16 |
         std::uint32_t{bytes[3]} << 24;
}

// Of a place, only the three lower bytes are big-endian: the highest must stay where it is.
std::uint32_t read_place(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 16 | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} |
         std::uint32_t{bytes[3]} << 24;
}

std::uint8_t highest_byte(std::uint32_t number) { return (number & kSign) != 0 ? 0xFF : 0; }

void write_little(std::uint32_t number, std::uint8_t* bytes) {
  bytes[0] = static_cast<std::uint8_t>(number);
  bytes[1] = static_cast<std::uint8_t>(number >> 8);
  bytes[2] = static_cast<std::uint8_t>(number >> 16);
  bytes[3] = highest_byte(number);
}

void write_place(std::uint32_t number, std::uint8_t* bytes) {
  bytes[0] = static_cast<std::uint8_t>(number >> 16);
  bytes[1] = static_cast<std::uint8_t>(number >> 8);
  bytes[2] = static_cast<std::uint8_t>(number);
  bytes[3] = highest_byte(number);
}

}  // namespace

X86Code::X86Code(std::span<const std::uint8_t> parameters) : has_relative_data_(false) {
  check_parameters(parameters, 1);
  require_parameter(parameters[0] == 32 || parameters[0] == 64, "x86 code has 32 or 64 bits");
  has_relative_data_ = parameters[0] == 64;
}

template <Direction direction>
void X86Code::transform_at(std::size_t i, std::vector<std::uint8_t>& bytes) const {
  const Site site = site_at(&bytes[i], has_relative_data_);
  const std::size_t at = i + site.opcode;
  const std::size_t end = at + kDisplacement;
  if (site.opcode == 0 || end > bytes.size()) return;
  if (bytes[end - 1] != 0 && bytes[end - 1] != 0xFF) return;
  const auto next = static_cast<std::uint32_t>(end + site.constant);
  if constexpr (direction == Direction::kForward) {
    write_place(read_little(&bytes[at]) + next, &bytes[at]);
  } else {
    write_little(read_place(&bytes[at]) - next, &bytes[at]);
  }
}

// What stands at one place is never an opcode before and none after, so each step has an inverse,
// although instructions may seem to overlap. The inverses come in the opposite order.
template <Direction direction>
void X86Code::transform(std::vector<std::uint8_t>& bytes, const StepsDone& steps_done) const {
  if (bytes.size() <= kDisplacement) return;
  const std::size_t places = bytes.size() - kDisplacement;
  FilterProgress progress(steps_done);
  for (std::size_t step = 0; step < places; ++step) {
    progress.at(step);
    const std::size_t i = direction == Direction::kForward ? places - 1 - step : step;
    transform_at<direction>(i, bytes);
  }
}

template void X86Code::transform<Direction::kForward>(std::vector<std::uint8_t>&,
                                                      const StepsDone&) const;
template void X86Code::transform<Direction::kBack>(std::vector<std::uint8_t>&,
                                                   const StepsDone&) const;

}  // namespace lmpack
