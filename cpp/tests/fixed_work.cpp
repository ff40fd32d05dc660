// A fixed piece of work for counting instructions: decoding steps of a block of random symbols.
// Usage: lmpack_fixed_work KERNELS STEPS
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "lmpack/block_codec.hpp"
#include "random_engine.hpp"

int main(int count, char** arguments) {
  using namespace lmpack;
  if (count != 3) return 2;
  const ModelShape shape{256,  128,
                         4,    32,
                         512,  {256, 256, 256, 256},
                         true, {{2, 64, 0, 128}, {ContextTable::kWord, 64, 64, 64}}};
  constexpr std::int64_t kLanes = 16;
  const std::int64_t steps = std::atoll(arguments[2]);
  for (const Kernels* kernels : available_kernels()) {
    if (kernels->name != std::string_view(arguments[1])) continue;
    const Engine engine = tests::random_engine(shape, *kernels);
    ThreadTeam team(1);
    const std::vector<std::uint8_t> plain(static_cast<std::size_t>(kLanes * steps), 'a');
    const BlockLayout layout(kLanes * steps, steps);
    const auto payload = encode_block(engine, team, plain, layout, no_progress);
    const auto back = decode_block(engine, team, payload, layout, no_progress);
    return back == plain ? 0 : 1;
  }
  std::fprintf(stderr, "this processor has no kernels %s\n", arguments[1]);
  return 2;
}
