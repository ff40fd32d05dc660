// The steps of mixing that vectors make faster, once for each kind of processor. Integers: all
// kinds give the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace lmpack {

struct ContextStep;

struct MixingKernels {
  // Rows are padded with zeros to a multiple of so many elements, and start at a multiple of
  // their size.
  static constexpr std::size_t kGroup = 32;

  // The largest magnitude of an input; weights may be any 16-bit numbers.
  static constexpr std::int32_t kLargestInput = 3071;

  // So many products of an input and a weight fit into a sum of 32 bits.
  static constexpr std::int32_t kSummed =
      (std::int64_t{1} << 31) / (std::int64_t{kLargestInput} << 15);

  // A weight of 1 is 2**kWeightBits.
  static constexpr int kWeightBits = 14;

  // The most rows at once.
  static constexpr std::size_t kMostRows = 16;

  std::string_view name;

  // logits[k] = (the sum over i of inputs[i] * rows[k][i], exact) >> kWeightBits, brought to
  // +-kLargestInput. logits: [kMostRows]; kernels may set the next ones up to a multiple of
  // four to 0.
  void (*mix)(const std::int16_t* inputs, std::size_t size, const std::int16_t* const* rows,
              std::size_t count, std::int16_t* logits);

  // rows[k][i] += (inputs[i] * errors[k] + 2**14) >> 15, kept within 16 bits.
  void (*train)(const std::int16_t* inputs, std::size_t size, std::int16_t* const* rows,
                std::size_t count, const std::int16_t* errors);

  // The steps of ContextInputs.
  void (*predict_contexts)(const ContextStep& step, std::uint32_t prefix, int bit);
  void (*learn_contexts)(const ContextStep& step, std::uint32_t bit);
};

// Those that this processor can run, the fastest first; the last one is "portable".
const std::vector<const MixingKernels*>& available_mixing_kernels();

// What there may be, by processor; available_mixing_kernels() chooses.
extern const MixingKernels kPortableMixing;
extern const MixingKernels kAvx2Mixing;
extern const MixingKernels kAvx512Mixing;
extern const MixingKernels kNeonMixing;

}  // namespace lmpack
