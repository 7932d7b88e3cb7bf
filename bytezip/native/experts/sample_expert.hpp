// The specialist of sampled signals: the engine of hashed contexts over sample forecasts, with a table of its own.
// Knows: hashed contexts.  Does not know: the mixer.
#pragma once

#include <memory>

#include "hashed_contexts.hpp"
#include "sample_contexts.hpp"

namespace bytezip::experts {

class SampleExpert final : public HashedContexts {
 public:
  SampleExpert(int lanes, std::uint32_t lines) : HashedContexts(sources(), lanes, lines) {}

  bool wanted(const Lane& lane) const override { return lane.modality == Modality::kSamples; }

 private:
  static std::vector<std::unique_ptr<ContextSource>> sources() {
    std::vector<std::unique_ptr<ContextSource>> list;
    list.push_back(std::make_unique<SampleContexts>());
    return list;
  }
};

}  // namespace bytezip::experts
