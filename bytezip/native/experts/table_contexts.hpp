// Records of a fixed length, looked at more closely: the bytes above over several rows, around, their differences, and
// what followed in this column the last times. For tables, spreadsheets, arrays of numbers.
// Knows: lanes, history.  Does not know: tables of probabilities.
#pragma once

#include <vector>

#include "context_source.hpp"

namespace bytezip::experts {

class TableContexts final : public ContextSource {
 public:
  static constexpr int kCount = 20;

  explicit TableContexts(int lanes) : followers_(std::size_t{1} << kFollowerBits), cells_(static_cast<std::size_t>(lanes)) {}

  int count() const override { return kCount; }

  void write(const Lane& lane, const History& history, std::uint32_t* hashes) override {
    const std::size_t length = lane.record_length;
    const std::size_t here = lane.position;
    const auto at = [&](std::size_t rows, std::size_t left) { return std::uint32_t{history[here - rows * length - left]}; };
    const std::uint32_t n = at(1, 0), nn = at(2, 0), nnn = at(3, 0), nw = at(1, 1), nww = at(1, 2), nnw = at(2, 1);
    const std::uint32_t ne = history[here - length + 1];
    const std::uint32_t w = lane.last(1), ww = lane.last(2);
    const auto column = static_cast<std::uint32_t>(here % length);
    std::uint32_t& cell = cells_[static_cast<std::size_t>(lane.index)];
    followers_[cell] = followers_[cell] << 8 | w;
    cell = mix_hash(n, column, static_cast<std::uint32_t>(length)) >> (32 - kFollowerBits);
    const std::uint32_t followed = followers_[cell];
    const std::uint32_t borrow = w < nw;
    *hashes++ = mix_hash(n << 16 | nn << 8 | nnn, 1);
    *hashes++ = mix_hash(n << 8 | nn, column, 2);
    *hashes++ = mix_hash(n << 24 | nn << 16 | w << 8 | ww, 3);
    *hashes++ = mix_hash(n << 24 | ne << 16 | w << 8 | nw, 4);
    *hashes++ = mix_hash((2 * n - nn) & 255, (w - nw) & 255, column);
    *hashes++ = mix_hash((n + (w - nw)) & 255, column, 6);
    *hashes++ = mix_hash(w << 8 | ww, column, 7);
    *hashes++ = mix_hash(n << 16 | w << 8 | ww, column, 8);
    *hashes++ = mix_hash((n - nn) & 255, borrow << 8 | n, column + 9);
    *hashes++ = mix_hash(n << 16 | (w - nw + (1u << 8)) << 4, (ww - nww) & 255, 10);
    *hashes++ = mix_hash(followed & 0xFFFF, column, n + 11);
    *hashes++ = mix_hash(followed & 0xFFFFFF, w, 12);
    *hashes++ = mix_hash(n << 16 | nw << 8 | nww, ne, 13);
    *hashes++ = mix_hash((w - nw) & 255, (nw - nnw) & 255, (n - nn) & 255);
    *hashes++ = mix_hash(lane.last_bytes(3), column, 15);
    *hashes++ = mix_hash(lane.last_bytes(4), n, 16);
    // Past a value of two or of eight bytes: what stands before it tells the column where the length of records changes.
    const auto behind_two = static_cast<std::uint32_t>(lane.recent >> 16);
    const std::uint32_t behind_eight = std::uint32_t{history[here - 9]} | std::uint32_t{history[here - 10]} << 8 |
                                       std::uint32_t{history[here - 11]} << 16 | std::uint32_t{history[here - 12]} << 24;
    *hashes++ = mix_hash(behind_two, static_cast<std::uint32_t>(lane.recent >> 48) & 255, 17);
    *hashes++ = mix_hash(behind_two & 0xFFFFFF, n, 18);
    *hashes++ = mix_hash(behind_eight, history[here - 13], 19);
    *hashes++ = mix_hash(behind_eight, history[here - 13], w << 8 | 20);
  }

 private:
  static constexpr int kFollowerBits = 16;

  std::vector<std::uint32_t> followers_;  // the last four bytes below this one in this column, the latest lowest
  std::vector<std::uint32_t> cells_;      // of each lane
};

}  // namespace bytezip::experts
