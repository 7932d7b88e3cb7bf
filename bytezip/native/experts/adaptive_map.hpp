// Secondary symbol estimation (APM, C. Bloom, M. Mahoney): a probability is corrected by what came true when the mixer
// said something near it in the same context. Interpolates between two buckets of the logistic domain.
// Knows: numbers.  Does not know: contexts.
#pragma once

#include <cstdint>
#include <vector>

#include "logistic.hpp"

namespace bytezip::experts {

class AdaptiveMap {
 public:
  AdaptiveMap(std::size_t contexts, int shift) : shift_(shift), entries_(contexts * kBuckets) {
    for (std::size_t i = 0; i < entries_.size(); ++i)
      entries_[i] = static_cast<std::uint32_t>(Logistic::tables().squash((static_cast<float>(i % kBuckets) - kMiddle) / kPerUnit)) << 6;
  }

  struct Place {
    std::size_t entry = 0;
    std::uint32_t upper_weight = 0;  // of 2^12
  };

  // x: stretch of the probability. Returns the corrected one, 1..2^24-1.
  std::int32_t refine(float x, std::size_t context, Place& place) const {
    const float limited = x > kMiddle / kPerUnit - 0.01f ? kMiddle / kPerUnit - 0.01f : x < -(kMiddle / kPerUnit - 0.01f) ? -(kMiddle / kPerUnit - 0.01f) : x;
    const auto fixed = static_cast<std::uint32_t>((limited * kPerUnit + kMiddle) * 4096.0f);
    place.entry = context * kBuckets + (fixed >> 12);
    place.upper_weight = fixed & 4095;
    const std::uint64_t lower = entries_[place.entry];
    const std::uint64_t upper = entries_[place.entry + 1];
    const auto p = static_cast<std::int32_t>((lower * (4096 - place.upper_weight) + upper * place.upper_weight) >> 18);
    return p < 1 ? 1 : p > kProbabilityOne - 1 ? kProbabilityOne - 1 : p;
  }

  void update(const Place& place, int bit) {
    correct(entries_[place.entry + (place.upper_weight >> 11)], bit);
  }

 private:
  static constexpr int kBuckets = 25;
  static constexpr float kMiddle = 12;
  static constexpr float kPerUnit = 1;  // buckets a unit of stretch

  void correct(std::uint32_t& entry, int bit) const {
    const std::int64_t target = bit ? (std::int64_t{1} << 30) - 1 : 0;
    entry = static_cast<std::uint32_t>(entry + ((target - static_cast<std::int64_t>(entry)) >> shift_));
  }

  int shift_;
  std::vector<std::uint32_t> entries_;  // of 2^30
};

}  // namespace bytezip::experts
