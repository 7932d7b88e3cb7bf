// Records of a fixed length: the byte above (one record back), its neighbours, and the column.
#pragma once

#include "context_source.hpp"

namespace bytezip::experts {

class RecordContexts final : public ContextSource {
 public:
  explicit RecordContexts(bool few) : few_(few) {}

  int count() const override { return few_ ? 3 : 6; }
  bool wanted(const Lane& lane) const override { return lane.record_length != 0; }

  void write(const Lane& lane, const History& history, std::uint32_t* hashes) override {
    const std::size_t length = lane.record_length;
    const std::size_t here = lane.position;
    const std::uint32_t above = history[here - length];
    const std::uint32_t above_two = history[here - 2 * length];
    const std::uint32_t above_left = history[here - length - 1];
    const auto column = static_cast<std::uint32_t>(here % length);
    const std::uint32_t left = lane.last(1);
    *hashes++ = mix_hash(above, column, 1);
    *hashes++ = mix_hash(above << 8 | left, column, 2);
    *hashes++ = mix_hash(above << 8 | above_two, left, 3);
    if (few_) return;
    *hashes++ = mix_hash(above << 8 | above_left, left, 4);
    *hashes++ = mix_hash((above + left - above_left) & 255, above, 5);
    *hashes++ = mix_hash(column, left, 6);
  }

 private:
  bool few_;  // the first ones only
};

}  // namespace bytezip::experts
