// From logits to the integer weights of the 256 byte values, and from these to the probability of a bit.
// Knows: one lane at one position.  Does not know: the network.
#pragma once

#include "model.hpp"

namespace bytezip {
namespace {

// logits: int32 [256], -4096..4096, overwritten. cumulative: [257], its last entry is at most 2^31.
inline void distribution(const Model& model, std::int32_t* logits, std::uint32_t* cumulative) {
  std::int32_t largest = INT32_MIN;
  for (int i = 0; i < kVocabulary; ++i) {
    logits[i] = model.soft_cap[logits[i] + kLogitLimit];
    largest = logits[i] > largest ? logits[i] : largest;
  }
  std::uint32_t sum = 0;
  for (int i = 0; i < kVocabulary; ++i) {
    const std::int32_t exponent = largest - logits[i];
    const int shift = exponent / kPowerEntries < 31 ? exponent / kPowerEntries : 31;
    const std::int32_t weight = model.power[exponent % kPowerEntries] >> shift;
    cumulative[i] = sum;
    sum += static_cast<std::uint32_t>(weight > 1 ? weight : 1);
  }
  cumulative[kVocabulary] = sum;
}

}  // namespace
}  // namespace bytezip
