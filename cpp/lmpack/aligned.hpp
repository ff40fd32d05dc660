// Vectors whose memory starts at a cache line, so that no load of a whole line touches two.
#pragma once

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <cstddef>
#include <new>
#include <vector>

namespace lmpack {

inline constexpr std::size_t kCacheLine = 64;
inline constexpr std::size_t kHugePage = std::size_t{2} << 20;

// Random places in much memory are found sooner in huge pages. A wish: systems may do without.
inline void ask_for_huge_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#if defined(MADV_HUGEPAGE)
  madvise(memory, bytes, MADV_HUGEPAGE);
#endif
}

template <typename Element>
struct CacheLineAllocator {
  using value_type = Element;

  CacheLineAllocator() = default;
  template <typename Other>
  CacheLineAllocator(const CacheLineAllocator<Other>&) {}

  Element* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(Element);
    void* const memory = ::operator new(bytes, alignment_of(count));
    if (bytes >= kHugePage) ask_for_huge_pages(memory, bytes);
    return static_cast<Element*>(memory);
  }
  void deallocate(Element* memory, std::size_t count) {
    ::operator delete(memory, alignment_of(count));
  }

  static std::align_val_t alignment_of(std::size_t count) {
    return std::align_val_t(count * sizeof(Element) >= kHugePage ? kHugePage : kCacheLine);
  }

  template <typename Other>
  bool operator==(const CacheLineAllocator<Other>&) const {
    return true;
  }
};

template <typename Element>
using AlignedVector = std::vector<Element, CacheLineAllocator<Element>>;

}  // namespace lmpack
