#include "lmpack/filters/arm64_code.hpp"

#include <cstddef>

#include "lmpack/filters/progress.hpp"

namespace lmpack {
namespace {

constexpr std::size_t kInstruction = 4;  // bytes
constexpr int kPageBits = 12;

// BL: six bits of opcode, then the distance in instructions.
constexpr std::uint32_t kCallMask = 0xFC000000;
constexpr std::uint32_t kCall = 0x94000000;

// ADRP: the distance in pages is in two parts, the lower two bits at 29 and the others at 5.
constexpr std::uint32_t kPageMask = 0x9F000000;
constexpr std::uint32_t kPage = 0x90000000;
constexpr std::uint32_t kLowerPart = 0x60000000;
constexpr std::uint32_t kUpperPart = 0x00FFFFE0;

std::uint32_t with_page(std::uint32_t instruction, std::uint32_t moved) {
  const std::uint32_t distance =
      (instruction & kLowerPart) >> 29 | (instruction & kUpperPart) >> 5 << 2;
  const std::uint32_t page = distance + moved;
  return (instruction & ~(kLowerPart | kUpperPart)) | (page << 29 & kLowerPart) |
         (page >> 2 << 5 & kUpperPart);
}

}  // namespace

template <Direction direction>
void Arm64Code::transform(std::vector<std::uint8_t>& bytes, const StepsDone& steps_done) const {
  FilterProgress progress(steps_done);
  const auto signed_by_direction = [](std::size_t distance) {
    const auto number = static_cast<std::uint32_t>(distance);
    return direction == Direction::kForward ? number : 0 - number;
  };
  for (std::size_t i = 0; i + kInstruction <= bytes.size(); i += kInstruction) {
    progress.at(i);
    std::uint32_t instruction = 0;
    for (std::size_t k = 0; k < kInstruction; ++k) {
      instruction |= std::uint32_t{bytes[i + k]} << 8 * k;
    }
    if ((instruction & kCallMask) == kCall) {
      const std::uint32_t moved = instruction + signed_by_direction(i / kInstruction);
      instruction = kCall | (moved & ~kCallMask);
    } else if ((instruction & kPageMask) == kPage) {
      instruction = with_page(instruction, signed_by_direction(i >> kPageBits));
    }
    for (std::size_t k = 0; k < kInstruction; ++k) {
      bytes[i + k] = static_cast<std::uint8_t>(instruction >> 8 * k);
    }
  }
}

template void Arm64Code::transform<Direction::kForward>(std::vector<std::uint8_t>&,
                                                        const StepsDone&) const;
template void Arm64Code::transform<Direction::kBack>(std::vector<std::uint8_t>&,
                                                     const StepsDone&) const;

}  // namespace lmpack
