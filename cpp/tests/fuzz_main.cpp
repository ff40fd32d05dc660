// Drives the fuzz target with seeded random inputs, for compilers without libFuzzer.
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main() {
  constexpr int kRounds = 50000;
  constexpr std::size_t kLongest = 64;
  std::mt19937 random(1);
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::uint8_t> input(random() % kLongest);
    for (std::uint8_t& byte : input) byte = static_cast<std::uint8_t>(random() >> 8);
    // Short blocks are the ones whose payloads are accepted now and then.
    if (round % 2 == 0 && !input.empty()) input[0] %= 8;
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  return 0;
}
