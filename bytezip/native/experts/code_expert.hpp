// The specialist of machine code of x86: the engine of hashed contexts over fields of instructions, with a table of its
// own.
// Knows: hashed contexts, instructions.  Does not know: the mixer.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>

#include "code_contexts.hpp"
#include "hashed_contexts.hpp"
#include "specialist.hpp"

namespace bytezip::experts {

class CodeExpert final : public Specialist {
 public:
  CodeExpert(int lanes, std::uint32_t lines) : lanes_(lanes), lines_(lines) {}

  bool wanted(const Lane& lane) const override { return !lane.sampled() && lane.code.in_code(); }
  int inputs() const override { return CodeContexts::kCount * HashedContexts::kInputs; }
  std::array<int, kSpecialistSets> set_sizes() const override { return {kFields * 16 * 8, 1024 * 2, 1024 * 2, kFields * 256}; }

  void begin_byte(Lane& lane, const History& history) override {
    if (contexts_ == nullptr) {  // memory is for those who have code
      std::vector<std::unique_ptr<ContextSource>> sources;
      sources.push_back(std::make_unique<CodeContexts>(lanes_));
      contexts_ = std::make_unique<HashedContexts>(std::move(sources), lanes_, lines_);
    }
    contexts_->begin_byte(lane, history);
  }

  void predict(Lane& lane, float* inputs) override { contexts_->predict(lane, inputs); }
  void update(Lane& lane, int bit) override { contexts_->update(lane, bit); }

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

  int lanes_;
  std::uint32_t lines_;
  std::unique_ptr<HashedContexts> contexts_;
};

}  // namespace bytezip::experts
