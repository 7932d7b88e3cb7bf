// Contexts with gaps: bytes that stand apart, for binary data where the nearest byte says little.
#pragma once

#include "context_source.hpp"

namespace bytezip::experts {

class SparseContexts final : public ContextSource {
 public:
  int count() const override { return 6; }

  void write(const Lane& lane, const History&, std::uint32_t* hashes) override {
    const std::uint32_t last_four = lane.last_bytes(4);
    const auto older_four = static_cast<std::uint32_t>(lane.recent >> 32);
    *hashes++ = mix_hash(last_four & 0x0000FF00, 1);
    *hashes++ = mix_hash(last_four & 0x00FFFF00, 2);
    *hashes++ = mix_hash(last_four & 0x00FF00FF, 3);
    *hashes++ = mix_hash(last_four & 0xFFFF0000, 4);
    *hashes++ = mix_hash(last_four & 0xFF0000FF, 5);
    *hashes++ = mix_hash(last_four & 0xF8F8F8F8, older_four & 0xF8F80000, 6);
  }
};

}  // namespace bytezip::experts
