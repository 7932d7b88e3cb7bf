// A probability that learns: 22 bits of it, and 10 bits that count how often it was corrected, in one word. The first
// corrections are large (1/n, the mean of what was seen), the later ones small (a moving average).
// Knows: numbers.  Does not know: contexts.
#pragma once

#include <cstdint>
#include <vector>

#include "bit_history.hpp"

namespace bytezip::experts {

// 2^16 / (count + 1.5), the weight of the next bit after `count` of them.
class Reciprocals {
 public:
  static const std::uint16_t* tables() {
    static const Reciprocals reciprocals;
    return reciprocals.weight_;
  }

 private:
  Reciprocals() {
    for (int count = 0; count < 1024; ++count) weight_[count] = static_cast<std::uint16_t>(65536 * 2 / (2 * count + 3));
  }

  std::uint16_t weight_[1024];
};

class AdaptiveProbability {
 public:
  AdaptiveProbability() = default;
  AdaptiveProbability(std::uint32_t p22, std::uint32_t count) : word_(p22 << 10 | count) {}
  explicit AdaptiveProbability(std::uint32_t word) : word_(word) {}

  std::uint32_t word() const { return word_; }

  std::uint32_t p12() const { return word_ >> 20; }
  std::uint32_t p22() const { return word_ >> 10; }
  std::uint32_t count() const { return word_ & 1023; }

  // A probability of 2^24 away from 0 and 1.
  std::uint32_t p24() const { return (word_ >> 8) | 2; }

  // limit: 1..1023, the count at which the moving average sets in.
  void update(int bit, std::uint32_t limit, const std::uint16_t* reciprocals) {
    const std::uint32_t seen = count();
    const std::int64_t target = bit ? (1 << 22) - 1 : 0;
    const std::int64_t p = p22();
    // Rounded away from zero on both sides, so that long certain runs reach the ends of the range.
    const std::int64_t corrected = p + (((target - p) * reciprocals[seen] + (bit ? 65535 : 0)) >> 16);
    word_ = static_cast<std::uint32_t>(corrected) << 10 | (seen < limit ? seen + 1 : limit);
  }

 private:
  std::uint32_t word_ = 1u << 31;
};

// One probability for each bit history, beginning with what its counts suggest.
inline void append_history_map(std::vector<AdaptiveProbability>& map, std::uint32_t confidence) {
  for (int state = 0; state < 256; ++state)
    map.emplace_back(BitHistory::tables().prior(static_cast<std::uint8_t>(state)), confidence);
}

}  // namespace bytezip::experts
