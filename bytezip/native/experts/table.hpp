// Memory of the adaptive tables: it begins at a cache line, and what is large lies on huge pages where the system has
// them, for most look-ups are of a page of their own, and then finding the page costs as much as the cache miss.
// Knows: allocation.  Does not know: contents.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace bytezip::experts {

constexpr std::size_t kCacheLine = 64;

constexpr std::size_t kHugePage = std::size_t{1} << 21;

// For the whole pages within this memory, so that none is taken that was not asked for. Only advice: whether it is taken
// changes the time, never the result.
inline void prefer_huge_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t first = (address + kHugePage - 1) / kHugePage * kHugePage;
  const std::uintptr_t end = (address + bytes) / kHugePage * kHugePage;
  if (first < end) (void)madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);
#endif
}

template <class T>
struct TableAllocator {
  using value_type = T;

  TableAllocator() = default;
  template <class U>
  TableAllocator(const TableAllocator<U>&) {}

  T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    const std::size_t alignment = bytes >= kHugePage ? kHugePage : kCacheLine;
    void* const memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (memory == nullptr) throw std::bad_alloc();
    prefer_huge_pages(memory, bytes);
    return static_cast<T*>(memory);
  }

  void deallocate(T* memory, std::size_t) { std::free(memory); }

  friend bool operator==(const TableAllocator&, const TableAllocator&) { return true; }
  friend bool operator!=(const TableAllocator&, const TableAllocator&) { return false; }
};

// A table of which all is written when it is made. (One that a short stream hardly touches is better left to calloc.)
template <class T>
using Table = std::vector<T, TableAllocator<T>>;

// For all entries that begin within `bytes` bytes from there.
inline void prefetch(const void* from, std::size_t bytes = 1) {
  for (std::size_t at = 0; at < bytes; at += kCacheLine) __builtin_prefetch(static_cast<const char*>(from) + at, 1);
}

}  // namespace bytezip::experts
