// Contexts in machine code of 64-bit ARM: what has come of the instruction, the ones before it whole or by their kinds and
// registers, what followed them the last times, and where a call would lead.
// Knows: lanes.  Does not know: tables, probabilities.
#pragma once

#include <array>
#include <vector>

#include "context_source.hpp"

namespace bytezip::experts {

class ArmContexts final : public ContextSource {
 public:
  static constexpr int kCount = 18;

  explicit ArmContexts(int lanes) : followers_(std::size_t{1} << kFollowerBits), targets_(std::size_t{1} << kTargetBits), places_(static_cast<std::size_t>(lanes)) {}

  int count() const override { return kCount; }

  void write(const Lane& lane, const History& history, std::uint32_t* hashes) override;

 private:
  static constexpr int kFollowerBits = 18;
  static constexpr int kTargetBits = 18;

  struct Place {  // of one lane
    std::array<std::uint32_t, 2> follower_cells{};
    std::array<std::array<std::uint32_t, 4>, 2> target_cells{};
  };

  void learn(Place& place, const Lane& lane);
  std::uint32_t expected_call_byte(const Lane& lane, std::array<std::uint32_t, 4>& cells, std::uint32_t told) const;

  std::vector<std::uint32_t> followers_;  // the last bytes that stood at such a place, the latest lowest
  std::vector<std::uint32_t> targets_;    // of calls, in words from the start of the stream, by their low bytes
  std::vector<Place> places_;
};

}  // namespace bytezip::experts
