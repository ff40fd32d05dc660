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
#include "random_engine.hpp"

namespace lmpack::tests {

using Bytes = std::vector<std::uint8_t>;

struct BlockCoding {
  std::string name;
  std::function<Bytes(ThreadTeam& team, const Bytes& plain, const StepsDone& steps_done)> encode;
  std::function<Bytes(ThreadTeam& team, const Bytes& payload, const StepsDone& steps_done)> decode;
};

// The codings of blocks with this layout. The engine must outlive them.
inline std::vector<BlockCoding> block_codings(const Engine& engine, BlockLayout layout) {
  std::vector<BlockCoding> codings{
      {"model",
       [&engine, layout](ThreadTeam& team, const Bytes& plain, const StepsDone& steps_done) {
         return encode_block(engine, team, plain, layout, steps_done);
       },
       [&engine, layout](ThreadTeam& team, const Bytes& payload, const StepsDone& steps_done) {
         return decode_block(engine, team, payload, layout, steps_done);
       }},
      {"mixed",
       [&engine, layout](ThreadTeam& team, const Bytes& plain, const StepsDone& steps_done) {
         return encode_mixed_block({&engine}, team, plain, layout, {}, steps_done);
       },
       [&engine, layout](ThreadTeam& team, const Bytes& payload, const StepsDone& steps_done) {
         return decode_mixed_block({&engine}, team, payload, layout, {}, steps_done);
       }}};
  codings.push_back(
      {"two models",
       [&engine, layout](ThreadTeam& team, const Bytes& plain, const StepsDone& steps_done) {
         return encode_mixed_block({&engine, &engine}, team, plain, layout, {}, steps_done);
       },
       [&engine, layout](ThreadTeam& team, const Bytes& payload, const StepsDone& steps_done) {
         return decode_mixed_block({&engine, &engine}, team, payload, layout, {}, steps_done);
       }});
  for (const Mixing mixing : {Mixing{}, Mixing{6, Predictor::kFull}}) {
    codings.push_back(
        {"adaptive, stride " + std::to_string(mixing.stride),
         [layout, mixing](ThreadTeam&, const Bytes& plain, const StepsDone& steps_done) {
           return encode_adaptive_block(plain, layout, mixing, steps_done);
         },
         [layout, mixing](ThreadTeam&, const Bytes& payload, const StepsDone& steps_done) {
           return decode_adaptive_block(payload, layout, mixing, steps_done);
         }});
  }
  return codings;
}

// Bytes that repeat now and then, so that matches are found.
inline Bytes some_bytes(std::size_t count) {
  std::mt19937 random(7);
  Bytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) {
    bytes[i] = i % 64 < 40 && i >= 64 ? bytes[i - 64] : static_cast<std::uint8_t>(random());
  }
  return bytes;
}

}  // namespace lmpack::tests
