// Drives a target where libFuzzer is not at hand, with the same arguments:
//   TARGET [-runs=N] [-seed=N] [FILE OR FOLDER]...
// Runs every file, then N mutations of them, which depend on the seed alone.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kLongest = 4096;

Bytes read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "%s cannot be read\n", path.string().c_str());
    std::exit(2);
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

// In an order that does not depend on the file system, as mutations depend on it.
void add_inputs(const fs::path& path, std::vector<Bytes>& inputs) {
  if (!fs::is_directory(path)) {
    inputs.push_back(read(path));
    return;
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(path)) files.push_back(entry.path());
  std::ranges::sort(files);
  for (const fs::path& file : files) inputs.push_back(read(file));
}

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  Bytes mutate(const std::vector<Bytes>& inputs) {
    Bytes bytes = inputs[below(inputs.size())];
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) change(bytes, inputs);
    bytes.resize(std::min(bytes.size(), kLongest));
    return bytes;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }

  std::uint8_t any_byte() { return static_cast<std::uint8_t>(below(256)); }

  void change(Bytes& bytes, const std::vector<Bytes>& inputs) {
    const auto place = static_cast<std::ptrdiff_t>(below(bytes.size() + 1));
    switch (below(5)) {
      case 0:
        bytes.insert(bytes.begin() + place, any_byte());
        break;
      case 1:
        bytes.erase(bytes.begin() + place, bytes.end());
        break;
      case 2: {
        const Bytes& other = inputs[below(inputs.size())];
        bytes.insert(bytes.end(), other.begin(), other.end());
        break;
      }
      default:
        if (!bytes.empty()) bytes[below(bytes.size())] = below(2) == 0 ? any_byte() : 0;
    }
  }

  std::mt19937 random_;
};

}  // namespace

int main(int count, char** arguments) {
  std::size_t runs = 1000;
  unsigned seed = 1;
  std::vector<Bytes> inputs = {{}};
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    if (argument.starts_with("-runs=")) {
      runs = std::stoul(argument.substr(6));
    } else if (argument.starts_with("-seed=")) {
      seed = static_cast<unsigned>(std::stoul(argument.substr(6)));
    } else if (argument.starts_with("-")) {
      std::fprintf(stderr, "there is no option %s\n", argument.c_str());
      return 2;
    } else {
      add_inputs(argument, inputs);
    }
  }
  for (const Bytes& input : inputs) LLVMFuzzerTestOneInput(input.data(), input.size());
  Mutator mutator(seed);
  for (std::size_t run = 0; run < runs; ++run) {
    const Bytes input = mutator.mutate(inputs);
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  std::printf("Done %zu runs\n", inputs.size() + runs);
  return 0;
}
