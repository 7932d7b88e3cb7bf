// What is usual: for each of a few contexts the byte that mostly followed in the training set, where the model's table
// knows one. How much that is worth is learnt, for each kind and confidence.
// Knows: lanes, the table.  Does not know: how it was made, the mixer.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "adaptive_probability.hpp"
#include "expert.hpp"
#include "phrase_contexts.hpp"
#include "phrase_table.hpp"

namespace bytezip::experts {

class PhraseExpert final : public Expert {
 public:
  // table: null for a model without one; nothing is known then.
  PhraseExpert(std::shared_ptr<const PhraseTable> table, int lanes);

  int inputs() const override { return kPhraseKinds; }
  void expect(const Lane& lane, const History& history) override;
  void begin_byte(Lane& lane, const History& history) override;
  void predict(Lane& lane, float* inputs) override;
  void update(Lane& lane, int bit) override;
  void show_experience(ExperienceVisitor& visitor) override { visitor.visit_probabilities(map_.data(), map_.size()); }

 private:
  struct Opinion {  // of one kind of context
    Phrase phrase;
    std::uint32_t context = 0;  // into the map, of the bit at hand
    int expected = -1;
  };

  struct Place {  // of one lane
    std::array<std::uint64_t, kPhraseKinds> contexts{};
    std::size_t foreseen = 0;  // the position that they are of
    std::array<Opinion, kPhraseKinds> opinions{};
  };

  void address(Place& place, const Lane& lane) const;

  std::shared_ptr<const PhraseTable> table_;
  std::vector<AdaptiveProbability> map_;  // that the expected bit comes: [kinds][confidences][bits]
  std::vector<Place> places_;
};

}  // namespace bytezip::experts
