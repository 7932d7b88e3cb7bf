// Black and white images of one bit a pixel (fax pages): the pixels to the left and in the rows above, as templates of
// several shapes. A row is as long as the record that the detector found.
// Knows: lanes, history.  Does not know: image formats, the mixer.
#pragma once

#include <array>
#include <vector>

#include "adaptive_probability.hpp"
#include "logistic.hpp"
#include "specialist.hpp"

namespace bytezip::experts {

class BilevelExpert final : public Specialist {
 public:
  static constexpr int kTemplates = 16;

  explicit BilevelExpert(int lanes);

  int inputs() const override { return kTemplates * 3; }
  bool wanted(const Lane& lane) const override { return lane.modality == Modality::kBilevel; }
  void begin_byte(Lane& lane, const History& history) override;
  void predict(Lane& lane, float* inputs) override;
  void update(Lane& lane, int bit) override;
  std::array<int, kSpecialistSets> set_sizes() const override { return {1 << 12, 1 << 11, 1 << 11, 1 << 11}; }
  void select(const Lane& lane, int* selected) const override;

 private:
  static constexpr int kRows = 4;
  static constexpr int kTableBits = 18;  // of each template

  struct Place {  // of one lane
    std::array<std::uint64_t, kRows> rows{};  // 64 pixels of each row above; the one above the byte's first is bit 39
    std::array<std::uint32_t, kTemplates> contexts{};
    std::array<int, kSpecialistSets> selected{};
  };

  // `left` pixels up to and including the one above, and `right` ones behind it.
  static std::uint32_t window(std::uint64_t row, int bit, int left, int right) {
    return static_cast<std::uint32_t>(row >> (39 - bit - right)) & ((1u << (left + right)) - 1);
  }

  void address(Place& place, Lane& lane) const;

  std::vector<AdaptiveProbability> direct_;    // [kTemplates][2^kTableBits]
  std::vector<std::uint8_t> histories_;        // the same
  std::vector<AdaptiveProbability> maps_;      // [kTemplates][256]
  std::vector<Place> places_;
};

}  // namespace bytezip::experts
