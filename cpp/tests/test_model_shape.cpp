#include <doctest/doctest.h>

#include <cstddef>
#include <functional>
#include <vector>

#include "lmpack/engine/engine.hpp"
#include "lmpack/error.hpp"
#include "random_engine.hpp"

namespace {

using namespace lmpack;

ModelShape good() { return {256, 64, 2, 32, 96, {8, 1}, true, {{3, 50, 32, 32}}}; }

// Tensors of any size, so that only the shape itself can be refused.
ModelWeights load(const ModelShape& shape) {
  tests::RandomTensors tensors(1);
  return load_weights(shape, tensors.source());
}

TEST_CASE("shapes that no model can have are refused before a tensor is looked up") {
  using Change = std::function<void(ModelShape&)>;
  const std::vector<Change> changes = {
      [](ModelShape& s) { s.vocabulary = 0; },
      [](ModelShape& s) { s.vocabulary = 65536 + 32; },
      [](ModelShape& s) { s.width = 33; },
      [](ModelShape& s) { s.width = std::size_t{1} << 60; },
      [](ModelShape& s) { s.heads = 0; },
      [](ModelShape& s) { s.heads = 1025; },
      [](ModelShape& s) { s.head_width = 2080; },
      [](ModelShape& s) { s.hidden = 4; },
      [](ModelShape& s) { s.windows.clear(); },
      [](ModelShape& s) { s.windows[1] = 0; },
      [](ModelShape& s) { s.windows[1] = 1025; },
      [](ModelShape& s) { s.tables[0].order = 1; },
      [](ModelShape& s) { s.tables[0].order = 33; },
      [](ModelShape& s) { s.tables[0].rows = 0; },
      [](ModelShape& s) { s.tables[0].width = 0; },
      [](ModelShape& s) { s.tables[0].width = 96; },
      [](ModelShape& s) { s.tables[0].width = 31; },
      [](ModelShape& s) { s.tables[0].channel = 64; },
      [](ModelShape& s) { s.tables[0].channel = 16; },
  };
  CHECK(load(good()).layers.size() == 2);
  for (const Change& change : changes) {
    ModelShape shape = good();
    change(shape);
    const TensorSource none{[](auto&, auto) -> std::span<const std::int8_t> { throw 1; },
                            [](auto&, auto) -> std::span<const float> { throw 1; }};
    CHECK_THROWS_AS(load_weights(shape, none), InvalidArgument);
  }
}

}  // namespace
