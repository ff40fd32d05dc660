#include "failing_memory.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

constexpr std::size_t kNone = 0;
std::atomic<std::size_t> requests_left = kNone;  // until the one that fails, itself included
std::atomic<bool> has_failed = false;

void count_request() {
  std::size_t left = requests_left;
  while (left != kNone && !requests_left.compare_exchange_weak(left, left - 1)) {
  }
  if (left == 1) {
    has_failed = true;
    throw std::bad_alloc();
  }
}

void* checked(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

namespace lmpack::tests {

FailsAllocation::FailsAllocation(std::size_t number) {
  has_failed = false;
  requests_left = number;
}

FailsAllocation::~FailsAllocation() { requests_left = kNone; }

bool FailsAllocation::failed() const { return has_failed; }

}  // namespace lmpack::tests

// These take the place of the library's in the whole program.

void* operator new(std::size_t size) {
  count_request();
  return checked(std::malloc(size == 0 ? 1 : size));
}

void* operator new(std::size_t size, std::align_val_t alignment) {
  count_request();
  const auto bytes = static_cast<std::size_t>(alignment);
  return checked(std::aligned_alloc(bytes, (size + bytes - 1) / bytes * bytes));
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
