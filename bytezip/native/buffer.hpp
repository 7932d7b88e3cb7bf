// Memory for the weights and caches: zeroed, on huge pages where the system has them, since one pass over the weights
// touches a thousand small pages.
// Knows: allocation.  Does not know: contents.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace bytezip {

class Buffer {
 public:
  explicit Buffer(std::size_t bytes) {
    constexpr std::size_t kHugePage = std::size_t{1} << 21;
    const std::size_t alignment = bytes >= kHugePage ? kHugePage : 64;
    const std::size_t size = (bytes + alignment - 1) / alignment * alignment;
    memory_.reset(static_cast<std::byte*>(std::aligned_alloc(alignment, size)));
    if (!memory_) throw std::bad_alloc();
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    if (alignment == kHugePage) (void)madvise(memory_.get(), size, MADV_HUGEPAGE);  // a refusal costs speed only
#endif
    std::memset(memory_.get(), 0, size);
  }

  std::byte* data() const { return memory_.get(); }

 private:
  struct Free {
    void operator()(std::byte* memory) const { std::free(memory); }
  };
  std::unique_ptr<std::byte, Free> memory_;
};

}  // namespace bytezip
