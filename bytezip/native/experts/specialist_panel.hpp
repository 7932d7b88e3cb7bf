// All specialists: which one of them speaks for a lane, and the weight sets that each one brings. One that never speaks
// costs neither memory nor time.
// Knows: specialists, mixer layers.  Does not know: what they are about, the general experts.
#pragma once

#include <memory>
#include <vector>

#include "mixer.hpp"
#include "specialist.hpp"

namespace bytezip::experts {

class SpecialistPanel {
 public:
  // general_inputs: of the mixer, before those of the specialist.
  SpecialistPanel(std::vector<std::unique_ptr<Specialist>> specialists, int lanes, int general_inputs);

  int most_inputs() const;  // of one specialist

  // At the start of a byte. general: what a new specialist's weights of the general inputs begin with. Returns how many inputs the specialist of this lane has; 0 where none speaks.
  int choose(Lane& lane, const History& history, const MixerLayer& general);

  // Before each bit: the inputs of the specialist, behind the general ones.
  void predict(Lane& lane, float* inputs);

  // What its weight sets make of all `count` inputs: kSpecialistSets numbers in the logistic domain, 0 where none speaks.
  void mix(const Lane& lane, const float* inputs, int count, float* outputs);

  // After each bit.
  void update(Lane& lane, int bit, const float* inputs, int count, const float* outputs);

 private:
  struct Place {  // of one lane
    int specialist = -1;
    std::array<int, kSpecialistSets> selected{};
  };

  int inputs_of(int specialist) const;

  std::vector<std::unique_ptr<Specialist>> specialists_;
  std::vector<std::unique_ptr<MixerLayer>> layers_;  // null until its specialist speaks
  std::vector<Place> places_;
  int general_inputs_;
};

}  // namespace bytezip::experts
