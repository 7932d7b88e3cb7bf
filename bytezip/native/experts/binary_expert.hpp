// The specialist of binary data that is of no other specialist's kind: hashed contexts over aligned words.
// Knows: hashed contexts.  Does not know: the mixer.
#pragma once

#include "binary_contexts.hpp"
#include "hashed_specialist.hpp"

namespace bytezip::experts {

class BinaryExpert final : public HashedSpecialist<BinaryContexts> {
 public:
  using HashedSpecialist::HashedSpecialist;

  bool wanted(const Lane& lane) const override { return lane.binary.binary(); }
  std::array<int, kSpecialistSets> set_sizes() const override { return {4 * 256, 4 * 256, 8 * 256, 256 * 2}; }

  void select(const Lane& lane, int* selected) const override {
    const auto quarter = static_cast<int>(lane.position & 3);
    selected[0] = quarter * 256 + static_cast<int>(lane.partial);
    selected[1] = quarter * 256 + lane.last(4);
    selected[2] = lane.bit * 256 + lane.last(2);
    selected[3] = lane.last(1) * 2 + (quarter & 1);
  }
};

}  // namespace bytezip::experts
