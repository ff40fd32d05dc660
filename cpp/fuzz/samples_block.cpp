// Blocks that go through a filter before they are mixed: samples, and all the others.

#include "block_properties.hpp"
#include "drawn_mixing.hpp"
#include "lmpack/filters/filter.hpp"
#include "lmpack/mixing/adaptive_block.hpp"

namespace {

using namespace lmpack;

struct Filter {
  std::uint32_t id = 0;
  fuzz::Bytes parameters;
};

// One that exists. Rows are short, so that there are some above.
Filter read_filter(fuzz::Input& input) {
  constexpr std::size_t kMostChannels = 8;
  constexpr std::size_t kMostPixels = 20;
  switch (input.below(4)) {
    case 0: {
      const std::size_t width = 1 + input.below(3);
      const std::size_t kind = input.below(4);
      const std::size_t channels = 1 + input.below(kMostChannels);
      const std::size_t pixels = width < 3 ? input.below(kMostPixels) : 0;
      const std::size_t row = pixels < 3 ? 0 : pixels * channels;
      return {kSamplesFilter,
              {static_cast<std::uint8_t>(width), static_cast<std::uint8_t>(kind),
               static_cast<std::uint8_t>(channels), static_cast<std::uint8_t>(row), 0}};
    }
    case 1:
      return {kX86Filter, {static_cast<std::uint8_t>(32 + 32 * input.below(2))}};
    case 2:
      return {kArm64Filter, {}};
    default: {
      const std::size_t width = std::size_t{2} << input.below(3);
      const std::size_t numbers = 1 + input.below(16);
      return {kDeltaFilter,
              {static_cast<std::uint8_t>(width), static_cast<std::uint8_t>(width * numbers)}};
    }
  }
}

fuzz::Bytes forward(const Filter& filter, const fuzz::Bytes& bytes) {
  return filter_bytes(bytes, filter.id, filter.parameters, no_progress);
}

fuzz::Bytes back(const Filter& filter, const fuzz::Bytes& bytes) {
  return unfilter_bytes(bytes, filter.id, filter.parameters, no_progress);
}

// Enough samples for the filters' memory to wrap round. Every sequence of bytes is both plain and
// filtered; which it is here, the input chooses.
void check_filter(fuzz::Input& input, const Filter& filter) {
  constexpr std::size_t kMostFiltered = 640;
  const bool is_plain = input.below(2) == 0;
  const fuzz::Bytes bytes = input.rest(kMostFiltered);
  const fuzz::Bytes same =
      is_plain ? back(filter, forward(filter, bytes)) : forward(filter, back(filter, bytes));
  if (same != bytes) std::abort();
}

// Parameters that nobody has looked at are refused, or are those of a filter that has an inverse.
void check_any_parameters(fuzz::Input& input) {
  constexpr std::size_t kMostParameters = 8;
  Filter filter{static_cast<std::uint32_t>(input.below(8)), {}};
  const std::size_t size = input.below(kMostParameters);
  for (std::size_t i = 0; i < size; ++i) {
    filter.parameters.push_back(static_cast<std::uint8_t>(input.below(256)));
  }
  try {
    check_filter(input, filter);
  } catch (const InvalidArgument&) {
    return;
  }
}

void check_blocks(fuzz::Input& input, const Filter& filter) {
  const auto stride = static_cast<std::uint32_t>(input.below(64));
  const Mixing mixing{stride, fuzz::drawn_predictor(input)};
  fuzz::check_block(
      input,
      [&](const fuzz::Bytes& plain, BlockLayout layout) {
        return encode_adaptive_block(forward(filter, plain), layout, mixing, no_progress);
      },
      [&](fuzz::Bytes payload, BlockLayout layout) {
        return back(filter, decode_adaptive_block(std::move(payload), layout, mixing, no_progress));
      });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::size_t part = input.below(3);
  if (part == 2) {
    check_any_parameters(input);
    return 0;
  }
  const Filter filter = read_filter(input);
  if (part == 0) {
    check_filter(input, filter);
  } else {
    check_blocks(input, filter);
  }
  return 0;
}
