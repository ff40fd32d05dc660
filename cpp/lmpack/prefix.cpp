#include "lmpack/prefix.hpp"

#include <algorithm>
#include <utility>

#include "lmpack/ahead/lane_runner.hpp"
#include "lmpack/error.hpp"
#include "lmpack/mixing/likely_stride.hpp"

namespace lmpack {
namespace {

std::vector<std::uint8_t> checked(std::vector<std::uint8_t> bytes) {
  if (bytes.empty()) throw InvalidArgument("a prefix has at least one byte");
  return bytes;
}

}  // namespace

Prefix::Prefix(std::vector<std::uint8_t> bytes)
    : bytes_(checked(std::move(bytes))),
      mixers_(std::span(bytes_).last(std::min(bytes_.size(), kMostLearned))) {}

std::uint32_t Prefix::stride() {
  std::call_once(has_stride_, [&] { stride_ = likely_stride(learned()); });
  return stride_;
}

LanesBefore Prefix::lanes(const Models& models) {
  LanesBefore before{learned(), {}};
  for (const Engine* engine : models) before.lanes.push_back(&lane(*engine));
  return before;
}

const PrefixPieces& Prefix::pieces() {
  std::call_once(has_pieces_, [&] { pieces_ = std::make_unique<PrefixPieces>(bytes_); });
  return *pieces_;
}

const Lane& Prefix::lane(const Engine& engine) {
  const std::lock_guard lock(mutex_);
  auto& lane = lanes_[engine.number()];
  if (!lane) lane = std::make_unique<Lane>(lane_before_last(engine, learned()));
  return *lane;
}

}  // namespace lmpack
