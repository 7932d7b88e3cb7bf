#include "sample_expert.hpp"

#include <algorithm>
#include <cmath>

namespace bytezip::experts {
namespace {

constexpr int kRoughnesses = 8;  // of the activities
constexpr std::uint32_t kCorrectionLimit = 255;

int roughness(const SampleForecasts& forecasts) { return forecasts.activity() * kRoughnesses / SampleForecasts::kActivities; }

// 8 classes of a probability in the logistic domain.
int certainty(float stretched) { return std::clamp(static_cast<int>(stretched * 0.75f + 4.0f), 0, 7); }

}  // namespace

SampleExpert::SampleExpert(int lanes, std::uint32_t lines) : lanes_(lanes), lines_(lines) {}

void SampleExpert::build() {
  auto source = std::make_unique<SampleContexts>();
  source_ = source.get();
  std::vector<std::unique_ptr<ContextSource>> sources;
  sources.push_back(std::move(source));
  contexts_ = std::make_unique<HashedContexts>(std::move(sources), lanes_, lines_);
  corrections_ = std::make_unique<AdaptiveMap>(std::size_t{SampleForecasts::kCount} * 16 * kRoughnesses, kCorrectionLimit);
  places_.resize(static_cast<std::size_t>(lanes_));
}

std::array<int, kSpecialistSets> SampleExpert::set_sizes() const { return {16 * SampleForecasts::kActivities, 16 * 8 * 8, 4 * 2 * 256, 16 * 64}; }

void SampleExpert::begin_byte(Lane& lane, const History& history) {
  if (contexts_ == nullptr) build();  // memory is for those who have samples
  Place& place = places_[lane.index];
  const SampleFormat& format = *lane.samples;
  const auto bytes = static_cast<std::size_t>(format.bytes);
  place.index = static_cast<int>((lane.position + bytes - static_cast<std::size_t>(format.phase)) % bytes);
  if (place.index == 0) place.forecasts.begin_sample(history, lane.position, format);
  place.distribution.begin_byte(place.forecasts, format, place.index, lane.last(1));
  source_->take(place.forecasts);
  contexts_->begin_byte(lane, history);
}

void SampleExpert::predict(Lane& lane, float* inputs) {
  Place& place = places_[lane.index];
  const Logistic& logistic = Logistic::tables();
  std::array<float, SampleForecasts::kCount> probabilities;
  place.distribution.predict(probabilities);
  const int rough = roughness(place.forecasts);
  for (int i = 0; i < SampleForecasts::kCount; ++i) {
    place.opinions[i] = logistic.stretch24(static_cast<std::uint32_t>(probabilities[i] * static_cast<float>(kProbabilityOne)));
    const std::size_t context = static_cast<std::size_t>(((i * 2 + place.index) * 8 + lane.bit) * kRoughnesses + rough);
    const std::int32_t corrected = corrections_->refine(place.opinions[i], context, place.corrected[i]);
    *inputs++ = place.opinions[i];
    *inputs++ = logistic.stretch24(static_cast<std::uint32_t>(corrected));
  }
  contexts_->predict(lane, inputs);
}

void SampleExpert::update(Lane& lane, int bit) {
  Place& place = places_[lane.index];
  for (const AdaptiveMap::Place& corrected : place.corrected) corrections_->update(corrected, bit);
  place.distribution.update(bit);
  contexts_->update(lane, bit);
}

void SampleExpert::select(const Lane& lane, int* selected) const {
  const Place& place = places_[lane.index];
  const int step = place.index * 8 + lane.bit;
  const auto channel = static_cast<int>(lane.samples->place(lane.position) / static_cast<std::size_t>(lane.samples->bytes));
  const auto& centres = place.forecasts.centres();
  const float spread = std::fabs(centres[0] - centres[2]) + std::fabs(centres[0] - centres[1]);
  const int disagreement = std::min(7, static_cast<int>(2 * spread / place.forecasts.deviations()[0]));
  selected[0] = step * SampleForecasts::kActivities + place.forecasts.activity();
  selected[1] = (step * 8 + certainty(place.opinions[0])) * 8 + certainty(place.opinions[1]);
  selected[2] = (channel * 2 + place.index) * 256 + static_cast<int>(lane.partial);
  selected[3] = (step * 8 + disagreement) * 8 + roughness(place.forecasts);
}

}  // namespace bytezip::experts
