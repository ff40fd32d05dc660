#include "lmpack/ready_to_throw.hpp"

#include <array>
#include <cstddef>
#include <cstdlib>
#include <exception>

namespace lmpack {

bool ready_to_throw() noexcept {
  // The thread-local data of the C++ library are a few words, taken when they are first used. What
  // a thread has freed, glibc keeps for it, by size: so a block of each is there for them.
  constexpr std::size_t kStep = 16;
  std::array<void*, 16> blocks{};
  bool enough = true;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    blocks[i] = std::malloc((i + 1) * kStep);
    enough = enough && blocks[i] != nullptr;
    // Else the compiler may leave out all of them.
    if (blocks[i] != nullptr) *static_cast<volatile char*>(blocks[i]) = 0;
  }
  for (void* const block : blocks) std::free(block);
  return enough && std::uncaught_exceptions() >= 0;
}

}  // namespace lmpack
