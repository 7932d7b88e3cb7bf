// What the network holds likeliest, as a context: the three likeliest bytes, with what stands before them.
#pragma once

#include "context_source.hpp"

namespace bytezip::experts {

class LikeliestContexts final : public ContextSource {
 public:
  int count() const override { return 5; }

  bool wanted(const Lane& lane) const override { return lane.asks_network; }

  void write(const Lane& lane, const History&, std::uint32_t* hashes) override {
    const std::uint32_t first = lane.likeliest >> 16;
    const std::uint32_t two = lane.likeliest >> 8;
    *hashes++ = mix_hash(first, lane.last(1), 1);
    *hashes++ = mix_hash(two, 2);
    *hashes++ = mix_hash(lane.likeliest, 3);
    *hashes++ = mix_hash(two, lane.last_bytes(2), 4);
    *hashes++ = mix_hash(first, lane.text.word, 5);
  }
};

}  // namespace bytezip::experts
