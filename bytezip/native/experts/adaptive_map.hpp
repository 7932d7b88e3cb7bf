// Secondary symbol estimation (APM, C. Bloom, M. Mahoney): a probability is corrected by what came true when the mixer
// said something near it in the same context. Interpolates between two buckets of the logistic domain.
// Knows: numbers.  Does not know: contexts.
#pragma once

#include <cstdint>
#include <vector>

#include "adaptive_probability.hpp"
#include "experience.hpp"
#include "logistic.hpp"
#include "table.hpp"

namespace bytezip::experts {

class AdaptiveMap {
 public:
  // limit: corrections after which an entry becomes a moving average.
  AdaptiveMap(std::size_t contexts, std::uint32_t limit) : limit_(limit) {
    std::vector<AdaptiveProbability> identity;
    for (int i = 0; i < kBuckets; ++i)
      identity.emplace_back(static_cast<std::uint32_t>(Logistic::tables().squash((static_cast<float>(i) - kMiddle) / kPerUnit)) >> 2, kConfidence);
    entries_.reserve(contexts * kBuckets);
    for (std::size_t i = 0; i < contexts; ++i) entries_.insert(entries_.end(), identity.begin(), identity.end());
  }

  struct Place {
    std::size_t entry = 0;
    std::uint32_t upper_weight = 0;  // of 2^12
  };

  // Fetches the entries of a context.
  void expect(std::size_t context) const { prefetch(&entries_[context * kBuckets], kBuckets * sizeof(AdaptiveProbability)); }

  // x: stretch of the probability. Returns the corrected one, 1..2^24-1.
  std::int32_t refine(float x, std::size_t context, Place& place) const {
    const float limited = x > kMiddle / kPerUnit - 0.01f ? kMiddle / kPerUnit - 0.01f : x < -(kMiddle / kPerUnit - 0.01f) ? -(kMiddle / kPerUnit - 0.01f) : x;
    const auto fixed = static_cast<std::uint32_t>((limited * kPerUnit + kMiddle) * 4096.0f);
    place.entry = context * kBuckets + (fixed >> 12);
    place.upper_weight = fixed & 4095;
    const std::uint64_t lower = entries_[place.entry].p22();
    const std::uint64_t upper = entries_[place.entry + 1].p22();
    const auto p = static_cast<std::int32_t>((lower * (4096 - place.upper_weight) + upper * place.upper_weight) >> 10);
    return p < 1 ? 1 : p > kProbabilityOne - 1 ? kProbabilityOne - 1 : p;
  }

  void update(const Place& place, int bit) {
    entries_[place.entry + (place.upper_weight >> 11)].update(bit, limit_, Reciprocals::tables());
  }

  void show_experience(ExperienceVisitor& visitor) { visitor.visit_probabilities(entries_.data(), entries_.size()); }

 private:
  static constexpr int kBuckets = 25;
  static constexpr float kMiddle = 12;
  static constexpr float kPerUnit = 1;  // buckets a unit of stretch
  static constexpr std::uint32_t kConfidence = 40;

  std::uint32_t limit_;
  Table<AdaptiveProbability> entries_;
};

}  // namespace bytezip::experts
