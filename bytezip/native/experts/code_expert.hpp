// The specialist of machine code of x86: hashed contexts over fields of instructions.
// Knows: hashed contexts, instructions.  Does not know: the mixer.
#pragma once

#include <algorithm>

#include "code_contexts.hpp"
#include "hashed_specialist.hpp"

namespace bytezip::experts {

class CodeExpert final : public HashedSpecialist<CodeContexts> {
 public:
  using HashedSpecialist::HashedSpecialist;

  bool wanted(const Lane& lane) const override { return !lane.sampled() && lane.code.in_code(); }
  std::array<int, kSpecialistSets> set_sizes() const override { return {kFields * 16 * 8, 1024 * 2, 1024 * 2, kFields * 256}; }

  void select(const Lane& lane, int* selected) const override {
    const Instruction& code = lane.code.instruction();
    const int field = static_cast<int>(code.field());
    const bool operand = field >= static_cast<int>(Field::kDisplacement);
    const int left = std::min(code.left(), 7);
    selected[0] = (field * 16 + left * 2 + (code.done() != 0)) * 8 + lane.bit;
    selected[1] = code.opcode() * 2 + operand;
    selected[2] = static_cast<int>(code.past_opcodes() & 1023) * 2 + (code.field() == Field::kOpcode);
    selected[3] = field * 256 + static_cast<int>(lane.partial);
  }

 private:
  static constexpr int kFields = 8;
};

}  // namespace bytezip::experts
