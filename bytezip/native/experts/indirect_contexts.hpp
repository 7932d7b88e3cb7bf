// Indirect contexts: which bytes followed the last times that the lane stood after this byte, or after these two.
#pragma once

#include <vector>

#include "context_source.hpp"

namespace bytezip::experts {

class IndirectContexts final : public ContextSource {
 public:
  IndirectContexts() : after_one_(1 << 8), after_two_(1 << 16) {}

  int count() const override { return 4; }

  void write(const Lane& lane, const History&, std::uint32_t* hashes) override {
    remember(after_one_[lane.last(2)], lane.last(1));
    remember(after_two_[lane.last(3) << 8 | lane.last(2)], lane.last(1));
    const std::uint32_t one = after_one_[lane.last(1)];
    const std::uint32_t two = after_two_[lane.last_bytes(2)];
    *hashes++ = mix_hash(one & 0xFFFFFF, lane.last(1), 1);
    *hashes++ = mix_hash(two & 0xFFFF, lane.last(1), 2);
    *hashes++ = mix_hash(two & 0xFFFFFF, lane.last_bytes(2), 3);
    *hashes++ = mix_hash(one & 0xFFFF, two & 0xFFFF, 4);
  }

 private:
  static void remember(std::uint32_t& followers, std::uint8_t byte) { followers = followers << 8 | byte; }

  std::vector<std::uint32_t> after_one_;  // the last four bytes that followed, the latest lowest
  std::vector<std::uint32_t> after_two_;
};

}  // namespace bytezip::experts
