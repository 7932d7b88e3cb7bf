// Lines: the column, what stands above it, how the line opens, and the kinds of the last characters.
#pragma once

#include "context_source.hpp"

namespace bytezip::experts {

class LineContexts final : public ContextSource {
 public:
  int count() const override { return 4; }

  bool wanted(const Lane& lane) const override { return !lane.sampled(); }

  void write(const Lane& lane, const History& history, std::uint32_t* hashes) override {
    const TextState& text = lane.text;
    const std::uint32_t above = text.column < text.last_line ? history[lane.position - text.last_line] : 0;
    const std::uint32_t above_next = text.column < text.last_line ? history[lane.position + 1 - text.last_line] : 0;
    *hashes++ = mix_hash(above, lane.last_bytes(1), above_next << 8 | 1);
    *hashes++ = mix_hash(text.column < 255 ? text.column : 255, above, 2);
    *hashes++ = mix_hash(text.line_opening, text.indent, lane.last(1) | 0x300);
    *hashes++ = mix_hash(text.classes, lane.last(1), 4);
  }
};

}  // namespace bytezip::experts
