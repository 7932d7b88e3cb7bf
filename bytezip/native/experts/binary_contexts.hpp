// Contexts in binary data of an unknown kind: words of two and four bytes where they lie aligned, as instructions of most
// processors and numbers of most files do, whole or with the fields masked out that vary most; bytes with gaps; and
// what followed such words the last times.
// Knows: lanes.  Does not know: tables, probabilities.
#pragma once

#include <vector>

#include "context_source.hpp"

namespace bytezip::experts {

class BinaryContexts final : public ContextSource {
 public:
  static constexpr int kCount = 24;

  explicit BinaryContexts(int lanes) : followers_(std::size_t{1} << kFollowerBits), wide_followers_(std::size_t{1} << kFollowerBits), places_(static_cast<std::size_t>(lanes)) {}

  int count() const override { return kCount; }
  bool wanted(const Lane& lane) const override { return !lane.firm_records; }  // what stands above tells more

  void write(const Lane& lane, const History& history, std::uint32_t* hashes) override {
    Place& place = places_[static_cast<std::size_t>(lane.index)];
    const auto here = static_cast<std::uint32_t>(lane.position);
    const std::uint32_t w = lane.last(1);
    followers_[place.cell] = followers_[place.cell] << 8 | w;
    wide_followers_[place.wide_cell] = wide_followers_[place.wide_cell] << 8 | w;
    // Of the aligned words: what has come of this one, and the ones before it.
    const std::uint32_t odd = here & 1;
    const std::uint32_t quarter = here & 3;
    const std::uint32_t half = odd << 8 | (odd != 0 ? w : 0);
    const std::uint32_t begun = quarter << 24 | (lane.last_bytes(4) & ((1u << (8 * quarter)) - 1));
    const std::uint64_t pairs = lane.recent >> (8 * odd);
    const auto pair = [&](int age) { return static_cast<std::uint32_t>(pairs >> (16 * (age - 1)) & 0xFFFF); };
    const auto quad = static_cast<std::uint32_t>(lane.recent >> (8 * quarter));
    const std::size_t at = lane.position - quarter;
    const std::uint32_t quad_two = std::uint32_t{history[at - 8]} << 24 | std::uint32_t{history[at - 7]} << 16 | std::uint32_t{history[at - 6]} << 8 | history[at - 5];
    place.cell = mix_hash(half, pair(1), 1) >> (32 - kFollowerBits);
    place.wide_cell = mix_hash(begun, quad, 2) >> (32 - kFollowerBits);
    const std::uint32_t followed = followers_[place.cell];
    const std::uint32_t wide_followed = wide_followers_[place.wide_cell];
    const std::uint32_t big = quad & 0xC1F80000, big_two = quad_two & 0xC1F80000;    // opcodes at the top, big-endian
    const std::uint32_t little = quad & 0xE0FF, little_two = quad_two & 0xE0FF;      // and little-endian
    const auto older = static_cast<std::uint32_t>(lane.recent >> 32);
    *hashes++ = mix_hash(half, pair(1), 1);
    *hashes++ = mix_hash(half, pair(1), pair(2) + 2);
    *hashes++ = mix_hash(half, mix_hash(pair(1), pair(2)), pair(3) + 3);
    *hashes++ = mix_hash(half, pair(2), 4);
    *hashes++ = mix_hash(half, pair(3), 5);
    *hashes++ = mix_hash(half, pair(2), pair(3) << 8 | 6);
    *hashes++ = mix_hash(half, pair(1) & 0xF1C0, (pair(2) & 0xF1C0) << 8 | 7);
    *hashes++ = mix_hash(half, mix_hash(pair(1) & 0xF000, pair(2) & 0xF000), (pair(3) & 0xF000) << 8 | 8);
    *hashes++ = mix_hash(half, pair(1) & 0xFFF8, 9);
    *hashes++ = mix_hash(begun, quad, 10);
    *hashes++ = mix_hash(begun, quad, quad_two);
    *hashes++ = mix_hash(begun, big, 12);
    *hashes++ = mix_hash(begun, big, big_two + 13);
    *hashes++ = mix_hash(begun, little, 14);
    *hashes++ = mix_hash(begun, little, little_two << 8 | 15);
    *hashes++ = mix_hash(begun, 16);
    *hashes++ = mix_hash(quarter, lane.last(4), older << 24 | 17);
    *hashes++ = mix_hash(quarter, lane.last(4), w << 8 | 18);
    *hashes++ = mix_hash(followed & 0xFFFF, half, 19);
    *hashes++ = mix_hash(followed & 0xFFFFFF, half, pair(1) + 20);
    *hashes++ = mix_hash(wide_followed & 0xFFFF, begun, 21);
    *hashes++ = mix_hash(lane.last_bytes(1) << 8 | (older & 0xFF), 22);
    *hashes++ = mix_hash(lane.last_bytes(4) & 0xFFFFFF00, older & 0xFF, 23);
    *hashes++ = mix_hash(lane.last_bytes(4) & 0x00F0F0FF, 24);
  }

 private:
  static constexpr int kFollowerBits = 16;

  struct Place {  // of one lane
    std::uint32_t cell = 0;
    std::uint32_t wide_cell = 0;
  };

  std::vector<std::uint32_t> followers_;       // the last four bytes behind such a pair, the latest lowest
  std::vector<std::uint32_t> wide_followers_;  // behind four bytes
  std::vector<Place> places_;
};

}  // namespace bytezip::experts
