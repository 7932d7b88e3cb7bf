// The specialist of sampled signals, images and sounds: forecasts as distributions, each also corrected by what came
// true of it, and the engine of hashed contexts over forecasts, with a table of its own.
// Knows: forecasts, hashed contexts.  Does not know: the mixer.
#pragma once

#include <memory>
#include <vector>

#include "adaptive_map.hpp"
#include "hashed_contexts.hpp"
#include "sample_contexts.hpp"
#include "sample_distribution.hpp"
#include "sample_forecasts.hpp"
#include "specialist.hpp"

namespace bytezip::experts {

class SampleExpert final : public Specialist {
 public:
  SampleExpert(int lanes, std::uint32_t lines);

  bool wanted(const Lane& lane) const override { return lane.modality == Modality::kSamples; }
  int inputs() const override { return SampleForecasts::kCount * 2 + SampleContexts::kCount * HashedContexts::kInputs; }
  std::array<int, kSpecialistSets> set_sizes() const override;
  void begin_byte(Lane& lane, const History& history) override;
  void predict(Lane& lane, float* inputs) override;
  void update(Lane& lane, int bit) override;
  void select(const Lane& lane, int* selected) const override;

 private:
  struct Place {  // of one lane
    SampleForecasts forecasts;
    SampleDistribution distribution;
    std::array<float, SampleForecasts::kCount> opinions{};  // in the logistic domain
    std::array<AdaptiveMap::Place, SampleForecasts::kCount> corrected{};
    int index = 0;  // of the byte in its sample
  };

  void build();

  int lanes_;
  std::uint32_t lines_;
  std::unique_ptr<HashedContexts> contexts_;  // null until there are samples
  SampleContexts* source_ = nullptr;          // theirs
  std::unique_ptr<AdaptiveMap> corrections_;
  std::vector<Place> places_;
};

}  // namespace bytezip::experts
