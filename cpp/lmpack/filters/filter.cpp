#include "lmpack/filters/filter.hpp"

#include <string>

#include "lmpack/error.hpp"
#include "lmpack/filters/arm64_code.hpp"
#include "lmpack/filters/delta.hpp"
#include "lmpack/filters/samples.hpp"
#include "lmpack/filters/x86_code.hpp"

namespace lmpack {
namespace {

template <Direction direction>
std::vector<std::uint8_t> transformed(std::span<const std::uint8_t> source, std::uint32_t filter_id,
                                      FilterParameters parameters, const StepsDone& steps_done) {
  std::vector<std::uint8_t> bytes(source.begin(), source.end());
  switch (filter_id) {
    case kX86Filter:
      X86Code(parameters).transform<direction>(bytes, steps_done);
      return bytes;
    case kArm64Filter:
      Arm64Code(parameters).transform<direction>(bytes, steps_done);
      return bytes;
    case kDeltaFilter:
      Delta(parameters).transform<direction>(bytes, steps_done);
      return bytes;
    case kSamplesFilter:
      Samples(parameters).transform<direction>(bytes, steps_done);
      return bytes;
    default:
      throw InvalidArgument("there is no filter " + std::to_string(filter_id));
  }
}

}  // namespace

std::vector<std::uint8_t> filter_bytes(std::span<const std::uint8_t> plain, std::uint32_t filter_id,
                                       FilterParameters parameters, const StepsDone& steps_done) {
  return transformed<Direction::kForward>(plain, filter_id, parameters, steps_done);
}

std::vector<std::uint8_t> unfilter_bytes(std::span<const std::uint8_t> filtered,
                                         std::uint32_t filter_id, FilterParameters parameters,
                                         const StepsDone& steps_done) {
  return transformed<Direction::kBack>(filtered, filter_id, parameters, steps_done);
}

}  // namespace lmpack
