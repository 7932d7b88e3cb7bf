// Further contexts for those who have the time: longer orders, wider gaps, more of the words and of the record above.
#pragma once

#include "context_source.hpp"

namespace bytezip::experts {

class DeepContexts final : public ContextSource {
 public:
  int count() const override { return 10; }
  bool wanted(const Lane& lane) const override { return !lane.sampled(); }  // not in images and sounds

  void write(const Lane& lane, const History& history, std::uint32_t* hashes) override {
    const TextState& text = lane.text;
    const auto older_four = static_cast<std::uint32_t>(lane.recent >> 32);
    const std::uint32_t last_four = lane.last_bytes(4);
    const std::size_t length = lane.record_length == 0 ? 4 : lane.record_length;
    const std::uint32_t above = history[lane.position - length];
    const std::uint32_t above_right = history[lane.position + 1 - length];
    *hashes++ = mix_hash(last_four, older_four & 0xFFFFFF, 1);
    *hashes++ = mix_hash(text.words[0], text.words[1], mix_hash(text.words[2], text.word, 2));
    *hashes++ = mix_hash(text.word, text.words[2], text.words[0] + 3);
    *hashes++ = mix_hash(text.word, text.line_opening, 4);
    *hashes++ = mix_hash(text.classes & 0xFFFFFF, text.word, 5);
    *hashes++ = mix_hash(older_four & 0xFFFF, 6);
    *hashes++ = mix_hash(last_four & 0xFF00FF00, older_four & 0xFF00FF, 7);
    *hashes++ = mix_hash(last_four & 0xFFFF, older_four & 0xFFFF, 8);
    *hashes++ = mix_hash(above << 8 | above_right, last_four & 0xFFFF, 9);
    *hashes++ = mix_hash(last_four & 0xF0F0F0F0, older_four & 0xF0F0F0F0, 10);
  }
};

}  // namespace bytezip::experts
