// Sampled signals, images and audio: what the neighbouring samples (left, above, other channel) foretell, each forecast
// a context. The second byte of a sample is told by how the first one compares with the forecast.
// Knows: lanes, history, sample formats.  Does not know: tables, probabilities.
#pragma once

#include "context_source.hpp"
#include "sample_forecasts.hpp"

namespace bytezip::experts {

class SampleContexts final : public ContextSource {
 public:
  static constexpr int kCount = 16;

  int count() const override { return kCount; }

  // The forecasts of the sample that the next byte belongs to.
  void take(const SampleForecasts& forecasts) { forecasts_ = &forecasts; }

  void write(const Lane& lane, const History& history, std::uint32_t* hashes) override;

 private:
  const SampleForecasts* forecasts_ = nullptr;
};

}  // namespace bytezip::experts
