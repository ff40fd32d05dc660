// Models of hostile shapes and tensors: each is refused, or runs and gives odds in their range;
// with scales as models have them, the same odds from every set of kernels.

#include "lmpack/engine/engine.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "input.hpp"
#include "lmpack/coder/frequencies.hpp"
#include "lmpack/engine/lockstep_lanes.hpp"
#include "lmpack/error.hpp"
#include "small_engine.hpp"

namespace {

using namespace lmpack;

using Odds = std::vector<std::int32_t>;

// A multiple of what shapes are multiples of; now and then any number.
std::size_t dimension(fuzz::Input& input, std::size_t largest) {
  const std::size_t choice = input.below(256);
  return choice < 250 ? 32 * (1 + choice % largest) : input.word32();
}

ModelShape shape_from(fuzz::Input& input) {
  ModelShape shape{dimension(input, 3), dimension(input, 2),
                   1 + input.below(3),  dimension(input, 2),
                   dimension(input, 2), {},
                   input.below(2) == 0, {}};
  for (std::size_t layers = input.below(3); layers > 0; --layers) {
    const std::size_t window = input.below(256);
    shape.windows.push_back(window < 250 ? window % 40 : input.word32());
  }
  for (std::size_t tables = input.below(3); tables > 0; --tables) {
    shape.tables.push_back({input.below(36), static_cast<std::uint32_t>(input.below(20)),
                            32 * input.below(3), 32 * input.below(3)});
  }
  return shape;
}

// Gives arrays of the size that is asked for, as bindings do, up to a bound on the memory of a run.
class HostileTensors {
 public:
  HostileTensors(fuzz::Bytes bytes, bool tame) : bytes_(std::move(bytes)), tame_(tame) {
    if (bytes_.empty()) bytes_.push_back(0);
  }

  TensorSource source() {
    return {[this](const std::string& name, std::size_t size) {
              return filled(int8_[name], name, size, [this] { return weight(); });
            },
            [this](const std::string& name, std::size_t size) {
              return filled(float32_[name], name, size, [this] { return scale(); });
            }};
  }

 private:
  template <typename Element, typename Make>
  static std::span<const Element> filled(std::vector<Element>& tensor, const std::string& name,
                                         std::size_t size, const Make& make) {
    constexpr std::size_t kMost = 1 << 14;
    if (size > kMost) throw InvalidArgument(name + " is larger than the target makes tensors");
    tensor.resize(size);
    std::ranges::generate(tensor, make);
    return tensor;
  }

  std::uint8_t next() { return bytes_[place_++ % bytes_.size()]; }

  std::int8_t weight() {
    const auto value = static_cast<std::int8_t>(next());
    return tame_ ? static_cast<std::int8_t>(value % 65) : value;
  }

  float scale() {
    if (tame_) return static_cast<float>(1 + next()) * 1e-4F;
    std::uint32_t bits = 0;
    for (int i = 0; i < 4; ++i) bits = bits << 8 | next();
    return std::bit_cast<float>(bits);
  }

  fuzz::Bytes bytes_;
  bool tame_;
  std::size_t place_ = 0;
  std::map<std::string, std::vector<std::int8_t>> int8_;
  std::map<std::string, std::vector<float>> float32_;
};

Odds odds_by(const Engine& engine, std::span<const std::int32_t> symbols, std::size_t lanes) {
  LockstepLanes state(engine, static_cast<std::int64_t>(lanes));
  const ThreadTeam::Lease lease(fuzz::one_thread());
  Odds odds(symbols.size() * engine.shape().vocabulary);
  state.feed(symbols, symbols.size() / lanes, lease, odds);
  return odds;
}

// Symbols for two lanes, whose rows do not all fit into one pass, and more than the windows hold.
std::vector<std::int32_t> symbols_for(const ModelShape& shape, std::size_t seed) {
  constexpr std::size_t kSymbols = 70;
  std::vector<std::int32_t> symbols(kSymbols);
  for (std::size_t i = 0; i < kSymbols; ++i) {
    symbols[i] = static_cast<std::int32_t>(seed * i % (shape.vocabulary + 1));
  }
  return symbols;
}

void check(const ModelWeights& weights, std::size_t seed, bool tame) {
  constexpr std::size_t kLanes = 2;
  const auto symbols = symbols_for(weights.shape, seed);
  const auto& kernels = available_kernels();
  const Odds odds = odds_by(Engine(weights, *kernels[seed % kernels.size()]), symbols, kLanes);
  check_odds(odds);
  if (tame && odds_by(Engine(weights, *kernels.back()), symbols, kLanes) != odds) std::abort();
}

std::optional<ModelWeights> load(const ModelShape& shape, const TensorSource& source) {
  try {
    return load_weights(shape, source);
  } catch (const InvalidArgument&) {
    return std::nullopt;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const ModelShape shape = shape_from(input);
  const bool tame = input.below(4) != 0;
  const std::size_t seed = input.below(256);
  HostileTensors tensors(input.rest(data ? size : 0), tame);
  const auto weights = load(shape, tensors.source());
  if (weights) check(*weights, seed, tame);
  return 0;
}
