// Words: the one begun, with the ones before it and with what stands between them.
#pragma once

#include "context_source.hpp"

namespace bytezip::experts {

class WordContexts final : public ContextSource {
 public:
  explicit WordContexts(bool few) : few_(few) {}

  int count() const override { return few_ ? 2 : 6; }

  bool wanted(const Lane& lane) const override { return !lane.sampled(); }

  void write(const Lane& lane, const History&, std::uint32_t* hashes) override {
    const TextState& text = lane.text;
    *hashes++ = mix_hash(text.word, text.number, lane.last(1));
    *hashes++ = mix_hash(text.word, text.words[0], text.gap);
    if (few_) return;
    *hashes++ = mix_hash(text.word, text.words[0], text.words[1]);
    *hashes++ = mix_hash(text.word, text.words[1], lane.last(1));
    *hashes++ = mix_hash(text.word, text.tag, text.gap + text.number);
    *hashes++ = mix_hash(text.word, text.gap, lane.last_bytes(2));
  }

 private:
  bool few_;  // the first ones only
};

}  // namespace bytezip::experts
