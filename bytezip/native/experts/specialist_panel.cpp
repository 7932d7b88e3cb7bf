#include "specialist_panel.hpp"

#include <algorithm>

namespace bytezip::experts {
namespace {

constexpr LearningRate kRate{0.02f, 0.002f, 0.001f};

constexpr std::int32_t kNegligible = kProbabilityOne >> 11;  // error from which nothing is learnt

}  // namespace

SpecialistPanel::SpecialistPanel(std::vector<std::unique_ptr<Specialist>> specialists, int lanes, int general_inputs)
    : specialists_(std::move(specialists)), layers_(specialists_.size()), places_(lanes), general_inputs_(general_inputs) {}

int SpecialistPanel::inputs_of(int specialist) const { return specialists_[static_cast<std::size_t>(specialist)]->inputs(); }

int SpecialistPanel::most_inputs() const {
  int most = 0;
  for (const auto& specialist : specialists_) most = std::max(most, specialist->inputs());
  return most;
}

int SpecialistPanel::choose(Lane& lane, const History& history, const MixerLayer& general) {
  Place& place = places_[lane.index];
  place.specialist = -1;
  lane.near = {};
  for (std::size_t i = 0; i < specialists_.size(); ++i) {
    Specialist& specialist = *specialists_[i];
    if (!specialist.wanted(lane)) continue;
    place.specialist = static_cast<int>(i);
    specialist.begin_byte(lane, history);
    if (layers_[i] == nullptr) {
      const auto sizes = specialist.set_sizes();
      layers_[i] = std::make_unique<MixerLayer>(general_inputs_ + specialist.inputs(), std::vector<int>(sizes.begin(), sizes.end()), kSpecialistWeight, kRate);
      layers_[i]->begin_like(general, general_inputs_);
    }
    return specialist.inputs();
  }
  return 0;
}

void SpecialistPanel::predict(Lane& lane, float* inputs) {
  Place& place = places_[lane.index];
  if (place.specialist < 0) return;
  Specialist& specialist = *specialists_[static_cast<std::size_t>(place.specialist)];
  specialist.predict(lane, inputs);
  specialist.select(lane, place.selected.data());
}

void SpecialistPanel::mix(const Lane& lane, const float* inputs, int count, float* outputs) {
  const Place& place = places_[lane.index];
  if (place.specialist < 0)
    std::fill(outputs, outputs + kSpecialistSets, 0.0f);
  else
    layers_[static_cast<std::size_t>(place.specialist)]->mix(place.selected.data(), inputs, count, outputs);
}

void SpecialistPanel::update(Lane& lane, int bit, const float* inputs, int count, const float* outputs) {
  const Place& place = places_[lane.index];
  if (place.specialist < 0) return;
  const auto index = static_cast<std::size_t>(place.specialist);
  layers_[index]->train(place.selected.data(), outputs, inputs, count, bit, kNegligible);
  specialists_[index]->update(lane, bit);
}

}  // namespace bytezip::experts
