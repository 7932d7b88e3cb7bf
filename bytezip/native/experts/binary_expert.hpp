// The specialist of binary data that is of no other specialist's kind: the engine of hashed contexts over aligned words,
// with a table of its own.
// Knows: hashed contexts.  Does not know: the mixer.
#pragma once

#include <memory>
#include <utility>

#include "binary_contexts.hpp"
#include "hashed_contexts.hpp"
#include "specialist.hpp"

namespace bytezip::experts {

class BinaryExpert final : public Specialist {
 public:
  BinaryExpert(int lanes, std::uint32_t lines) : lanes_(lanes), lines_(lines) {}

  bool wanted(const Lane& lane) const override { return lane.binary.binary(); }
  int inputs() const override { return BinaryContexts::kCount * HashedContexts::kInputs; }
  std::array<int, kSpecialistSets> set_sizes() const override { return {4 * 256, 4 * 256, 8 * 256, 256 * 2}; }

  void begin_byte(Lane& lane, const History& history) override {
    if (contexts_ == nullptr) {  // memory is for those who have such data
      std::vector<std::unique_ptr<ContextSource>> sources;
      sources.push_back(std::make_unique<BinaryContexts>(lanes_));
      contexts_ = std::make_unique<HashedContexts>(std::move(sources), lanes_, lines_);
    }
    contexts_->begin_byte(lane, history);
  }

  void predict(Lane& lane, float* inputs) override { contexts_->predict(lane, inputs); }
  void update(Lane& lane, int bit) override { contexts_->update(lane, bit); }

  void select(const Lane& lane, int* selected) const override {
    const auto quarter = static_cast<int>(lane.position & 3);
    selected[0] = quarter * 256 + static_cast<int>(lane.partial);
    selected[1] = quarter * 256 + lane.last(4);
    selected[2] = lane.bit * 256 + lane.last(2);
    selected[3] = lane.last(1) * 2 + (quarter & 1);
  }

 private:
  int lanes_;
  std::uint32_t lines_;
  std::unique_ptr<HashedContexts> contexts_;
};

}  // namespace bytezip::experts
