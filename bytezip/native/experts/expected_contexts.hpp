// What the match models and the phrases expect, as a context: how often such an expectation came true after such bytes.
#pragma once

#include "context_source.hpp"

namespace bytezip::experts {

class ExpectedContexts final : public ContextSource {
 public:
  explicit ExpectedContexts(bool few) : few_(few) {}

  int count() const override { return few_ ? 1 : 4; }

  void write(const Lane& lane, const History&, std::uint32_t* hashes) override {
    const std::uint32_t long_byte = lane.long_match.present ? lane.long_match.byte + 1u : 0;
    const std::uint32_t short_byte = lane.short_match.present ? lane.short_match.byte + 1u : 0;
    *hashes++ = mix_hash(long_byte << 9 | short_byte, lane.long_match.strength * 16 + lane.short_match.strength, 1);
    if (few_) return;
    const std::uint32_t phrase_byte = lane.phrase != 0 ? (lane.phrase & 255) + 1 : 0;
    *hashes++ = mix_hash(long_byte != 0 ? long_byte : short_byte, lane.last_bytes(1), 2);
    *hashes++ = mix_hash(lane.phrase, 3);
    *hashes++ = mix_hash(phrase_byte | long_byte << 16, lane.last_bytes(1), 4);
  }

 private:
  bool few_;  // the first one only
};

}  // namespace bytezip::experts
