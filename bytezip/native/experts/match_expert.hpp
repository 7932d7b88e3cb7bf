// A match model: finds where the latest bytes stood before, and expects what followed there. After a mismatch it keeps
// the place for a while (recovery), with a record of its misses, since copies often go on behind a changed byte.
// Knows: lanes, history.  Does not know: the mixer.
#pragma once

#include <vector>

#include "adaptive_probability.hpp"
#include "expert.hpp"
#include "logistic.hpp"
#include "table.hpp"

namespace bytezip::experts {

// A long match of this length is taken for a copy: the other experts rest, and the network is not needed either.
constexpr std::uint32_t kCopyLength = 1024;

class MatchExpert final : public Expert {
 public:
  static constexpr int kInputs = 2;

  // expectation: the member of Lane that it fills. min_length: bytes that its hash takes, 1..32.
  MatchExpert(Expectation Lane::* expectation, int min_length, int lanes, int table_bits);

  int inputs() const override { return kInputs; }
  void expect(const Lane& lane, const History& history) override;
  void begin_byte(Lane& lane, const History& history) override;
  void predict(Lane& lane, float* inputs) override;
  void update(Lane& lane, int bit) override;
  void show_experience(ExperienceVisitor& visitor) override { visitor.visit_probabilities(map_.data(), map_.size()); }

 private:
  struct Place {  // of one lane
    std::size_t pointer = 0;        // where the expected byte stands, 0 = nowhere
    std::size_t position = 0;       // of the lane when the pointer was set, to follow it over a jump
    std::uint32_t next = 0;         // entry of the table for the bytes before `foreseen`
    std::size_t foreseen = 0;
    std::uint32_t entry = 0;        // that is to take `entered`
    std::size_t entered = 0;
    std::uint32_t length = 0;       // bytes that matched before it, since the last miss
    std::uint32_t misses = 0;       // of the last 8 expectations, one bit each
    std::uint32_t context = 0;      // into the map, of the bit at hand
    int expected = -1;
  };

  void follow(Place& place, const Lane& lane, const History& history);
  void search(Place& place, const Lane& lane, const History& history);
  std::uint32_t verified_length(std::size_t candidate, const Lane& lane, const History& history) const;
  std::uint32_t hash(const Lane& lane, const History& history) const;

  Expectation Lane::* expectation_;
  std::uint32_t min_length_;
  int table_bits_;
  Table<std::uint32_t> table_;  // position behind the hashed bytes, modulo 2^32; 0 = none
  std::vector<AdaptiveProbability> map_;  // that the expected bit comes, by strength and misses
  std::vector<Place> places_;
};

}  // namespace bytezip::experts
