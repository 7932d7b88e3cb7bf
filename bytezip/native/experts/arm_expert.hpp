// The specialist of machine code of 64-bit ARM: hashed contexts over instructions of four bytes.
// Knows: hashed contexts, instructions.  Does not know: the mixer.
#pragma once

#include "arm_contexts.hpp"
#include "hashed_specialist.hpp"

namespace bytezip::experts {

class ArmExpert final : public HashedSpecialist<ArmContexts> {
 public:
  using HashedSpecialist::HashedSpecialist;

  bool wanted(const Lane& lane) const override { return !lane.sampled() && lane.arm.in_code(); }
  std::array<int, kSpecialistSets> set_sizes() const override { return {4 * 256, 4 * 256, 8 * 256, 4 * 256}; }

  void select(const Lane& lane, int* selected) const override {
    const auto known = static_cast<int>(lane.position & 3);
    const auto tops = static_cast<int>(lane.arm.past_tops() & 0xFFFF);
    selected[0] = known * 256 + static_cast<int>(lane.partial);
    selected[1] = known * 256 + (tops & 255);
    selected[2] = lane.bit * 256 + (tops >> 8);
    selected[3] = known * 256 + (known == 0 ? 0 : lane.last(1));
  }
};

}  // namespace bytezip::experts
