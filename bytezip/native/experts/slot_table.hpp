// The hash table of the context experts. A slot holds the bit histories of one context and one nibble: a check byte and
// the 15 nodes of the binary tree of 4 bits. Four slots share a cache line, and a context may live in any of the four,
// so a look-up touches one line. The least used slot gives way.
// Knows: hashes.  Does not know: what they are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "table.hpp"

namespace bytezip::experts {

constexpr int kSlotBytes = 16;
constexpr int kLineBytes = 64;

class SlotTable {
 public:
  // calloc maps zero pages lazily: a small file does not pay for memory that it never touches.
  explicit SlotTable(std::uint32_t lines)
      : count_(lines), memory_(static_cast<std::uint8_t*>(std::calloc(std::size_t{lines} + 1, kLineBytes))) {
    if (!memory_) throw std::bad_alloc();
    const auto address = reinterpret_cast<std::uintptr_t>(memory_.get());
    lines_ = memory_.get() + (kLineBytes - address % kLineBytes) % kLineBytes;
    if (lines >= kLargeTable) prefer_huge_pages(lines_, std::size_t{lines} * kLineBytes);
  }

  void prefetch(std::uint32_t hash) const { __builtin_prefetch(line(hash), 1); }

  // The slot of this hash; a new one has all its nodes 0.
  std::uint8_t* find(std::uint32_t hash) {
    std::uint8_t* const slots = line(hash);
    const auto check = static_cast<std::uint8_t>(hash);
    std::uint8_t* least = slots;
    for (int i = 0; i < kLineBytes; i += kSlotBytes) {
      std::uint8_t* const slot = slots + i;
      if (slot[0] == check) return slot;
      if (slot[1] < least[1]) least = slot;  // the first node has seen as much as the slot
    }
    std::memset(least, 0, kSlotBytes);
    least[0] = check;
    return least;
  }

 private:
  static constexpr std::uint32_t kLargeTable = 1 << 18;  // lines: 16 MB; smaller ones are left as they are, since a huge page is zeroed whole

  struct Free {
    void operator()(std::uint8_t* memory) const { std::free(memory); }
  };

  std::uint8_t* line(std::uint32_t hash) const { return lines_ + ((std::uint64_t{hash} * count_) >> 32) * kLineBytes; }

  std::uint32_t count_;  // of lines, at most 2^24: the check takes the low byte of the hash
  std::unique_ptr<std::uint8_t, Free> memory_;
  std::uint8_t* lines_;
};

}  // namespace bytezip::experts
