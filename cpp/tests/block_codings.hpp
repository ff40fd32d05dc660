// All ways to code a whole block, behind one signature.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "lmpack/block_codec.hpp"
#include "lmpack/mixed_block_codec.hpp"
#include "lmpack/mixing/adaptive_block.hpp"
#include "lmpack/prefix.hpp"
#include "random_engine.hpp"

namespace lmpack::tests {

using Bytes = std::vector<std::uint8_t>;

// Bytes that repeat now and then, so that matches are found.
inline Bytes some_bytes(std::size_t count) {
  std::mt19937 random(7);
  Bytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) {
    bytes[i] = i % 64 < 40 && i >= 64 ? bytes[i - 64] : static_cast<std::uint8_t>(random());
  }
  return bytes;
}

struct BlockCoding {
  std::string name;
  bool has_model;  // without one, a block is the work of one thread
  std::function<Bytes(ThreadTeam& team, const Bytes& plain, const StepsDone& steps_done)> encode;
  std::function<Bytes(ThreadTeam& team, const Bytes& payload, const StepsDone& steps_done)> decode;
};

// The codings of blocks with this layout. The engine must outlive them.
inline std::vector<BlockCoding> block_codings(const Engine& engine, BlockLayout layout) {
  std::vector<BlockCoding> codings{
      {"model", true,
       [&engine, layout](ThreadTeam& team, const Bytes& plain, const StepsDone& steps_done) {
         return encode_block(engine, team, plain, layout, steps_done);
       },
       [&engine, layout](ThreadTeam& team, const Bytes& payload, const StepsDone& steps_done) {
         return decode_block(engine, team, payload, layout, steps_done);
       }},
      {"mixed", true,
       [&engine, layout](ThreadTeam& team, const Bytes& plain, const StepsDone& steps_done) {
         return encode_mixed_block({&engine}, team, plain, layout, {}, steps_done);
       },
       [&engine, layout](ThreadTeam& team, const Bytes& payload, const StepsDone& steps_done) {
         return decode_mixed_block({&engine}, team, payload, layout, {}, steps_done);
       }}};
  codings.push_back(
      {"two models", true,
       [&engine, layout](ThreadTeam& team, const Bytes& plain, const StepsDone& steps_done) {
         return encode_mixed_block({&engine, &engine}, team, plain, layout, {}, steps_done);
       },
       [&engine, layout](ThreadTeam& team, const Bytes& payload, const StepsDone& steps_done) {
         return decode_mixed_block({&engine, &engine}, team, payload, layout, {}, steps_done);
       }});
  for (const Mixing mixing : {Mixing{}, Mixing{6, Predictor::kFull}}) {
    codings.push_back(
        {"adaptive, stride " + std::to_string(mixing.stride), false,
         [layout, mixing](ThreadTeam&, const Bytes& plain, const StepsDone& steps_done) {
           return encode_adaptive_block(plain, layout, mixing, steps_done);
         },
         [layout, mixing](ThreadTeam&, const Bytes& payload, const StepsDone& steps_done) {
           return decode_adaptive_block(payload, layout, mixing, steps_done);
         }});
  }
  static Prefix prefix(some_bytes(4000));
  encode_adaptive_block(Bytes{1}, BlockLayout(1, 1), {}, no_progress, &prefix.mixers());
  codings.push_back(
      {"adaptive, behind a prefix that is learned", false,
       [layout](ThreadTeam&, const Bytes& plain, const StepsDone& steps_done) {
         return encode_adaptive_block(plain, layout, {}, steps_done, &prefix.mixers());
       },
       [layout](ThreadTeam&, const Bytes& payload, const StepsDone& steps_done) {
         return decode_adaptive_block(payload, layout, {}, steps_done, &prefix.mixers());
       }});
  return codings;
}

inline std::vector<BlockCoding> codings_with_model(const Engine& engine, BlockLayout layout) {
  auto codings = block_codings(engine, layout);
  std::erase_if(codings, [](const BlockCoding& coding) { return !coding.has_model; });
  return codings;
}

}  // namespace lmpack::tests
