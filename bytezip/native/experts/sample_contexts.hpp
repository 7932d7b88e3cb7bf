// Sampled signals, images and audio: what the neighbouring samples (left, above, other channel) foretell, each forecast
// a context. The second byte of a sample is told by how the first one compares with the forecast.
// Knows: lanes, history, sample formats.  Does not know: tables, probabilities.
#pragma once

#include "context_source.hpp"

namespace bytezip::experts {

class SampleContexts final : public ContextSource {
 public:
  static constexpr int kForecasts = 14;

  int count() const override { return kForecasts; }

  void write(const Lane& lane, const History& history, std::uint32_t* hashes) override;
};

}  // namespace bytezip::experts
