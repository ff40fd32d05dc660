// Hashes of what a lane ends in, which choose rows of the embedding tables (docs/model.md).
#pragma once

#include <cstdint>
#include <span>

#include "lmpack/engine/model_shape.hpp"

namespace lmpack {

// `recent` are the last symbols of a lane, the newest last, at least as many as the table's reach.
std::uint32_t hash_context(const ContextTable& table, std::span<const std::int32_t> recent);

}  // namespace lmpack
