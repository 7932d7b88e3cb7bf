// The engine of the context experts: looks up the bit history of each context in one shared slot table, maps it to an
// adaptive probability, and gives the mixer that and how far it is from indifference.
// Knows: context sources, slots, bit histories.  Does not know: what the contexts mean, the mixer.
#pragma once

#include <memory>
#include <vector>

#include "adaptive_probability.hpp"
#include "context_source.hpp"
#include "expert.hpp"
#include "logistic.hpp"
#include "slot_table.hpp"

namespace bytezip::experts {

class HashedContexts : public Expert {
 public:
  static constexpr int kInputs = 3;  // a context: its opinion, how far that is from indifference, and again if one-sided

  HashedContexts(std::vector<std::unique_ptr<ContextSource>> sources, int lanes, std::uint32_t lines);

  int inputs() const override { return contexts_ * kInputs; }
  void begin_byte(Lane& lane, const History& history) override;
  void predict(Lane& lane, float* inputs) override;
  void update(Lane& lane, int bit) override;
  void show_experience(ExperienceVisitor& visitor) override { visitor.visit_probabilities(maps_.data(), maps_.size()); }

 private:
  struct Place {  // of one lane
    std::vector<std::uint32_t> hashes;   // of the nibble at hand
    std::vector<std::uint32_t> whole;    // of the byte
    std::vector<std::uint8_t*> slots;
    std::vector<std::uint8_t> wanted;    // a source
    bool looked_up = false;
  };

  void look_up(Place& place);
  void address_nibble(const Lane& lane, Place& place);

  std::vector<std::unique_ptr<ContextSource>> sources_;
  int contexts_ = 0;
  int order_contexts_ = 0;  // they come first, and tell how many were seen before
  SlotTable table_;
  std::vector<AdaptiveProbability> maps_;  // [contexts][256]
  std::vector<Place> places_;
  std::vector<std::uint8_t> unseen_;  // the slot of a context that is not wanted
};

}  // namespace bytezip::experts
