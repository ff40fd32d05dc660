// Vectors whose memory starts at a cache line, so that no load of a whole line touches two.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace lmpack {

inline constexpr std::size_t kCacheLine = 64;

template <typename Element>
struct CacheLineAllocator {
  using value_type = Element;

  CacheLineAllocator() = default;
  template <typename Other>
  CacheLineAllocator(const CacheLineAllocator<Other>&) {}

  Element* allocate(std::size_t count) {
    return static_cast<Element*>(
        ::operator new(count * sizeof(Element), std::align_val_t(kCacheLine)));
  }
  void deallocate(Element* memory, std::size_t) {
    ::operator delete(memory, std::align_val_t(kCacheLine));
  }

  template <typename Other>
  bool operator==(const CacheLineAllocator<Other>&) const {
    return true;
  }
};

template <typename Element>
using AlignedVector = std::vector<Element, CacheLineAllocator<Element>>;

}  // namespace lmpack
