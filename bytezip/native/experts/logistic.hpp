// The logistic domain: stretch(p) = ln(p / (1 - p)) and its inverse squash, as tables derived with the four basic IEEE
// operations alone, so that every machine holds the same ones.
// Knows: numbers.  Does not know: contexts, files.
#pragma once

#include <cstdint>

namespace bytezip::experts {

constexpr int kProbabilityBits = 24;  // probabilities are integers of 2^24
constexpr std::int32_t kProbabilityOne = 1 << kProbabilityBits;
constexpr float kStretchLimit = 15.9375f;  // squash(-limit) is about 2^-23

class Logistic {
 public:
  static const Logistic& tables();

  // p: 12 bits, 0..4095. Enough for the inputs of a mixer.
  float stretch12(std::uint32_t p) const { return middle_[p]; }

  // p: 24 bits, 1..2^24-1. The tails have their own tables, since certainty is worth most there.
  float stretch24(std::uint32_t p) const {
    constexpr std::uint32_t kTail = 1 << 12;
    if (p < kTail) return -tail_[p];
    if (p > kProbabilityOne - kTail) return tail_[kProbabilityOne - p];
    return middle_[p >> 12];
  }

  // x: within plus and minus kStretchLimit. Returns 1..2^24-1.
  std::int32_t squash(float x) const {
    const std::int32_t fixed = static_cast<std::int32_t>(x * 32768.0f) + (16 << 15);
    const std::int32_t step = fixed >> 8;
    const std::int32_t fraction = fixed & 255;
    return squash_[step] + (((squash_[step + 1] - squash_[step]) * fraction) >> 8);
  }

 private:
  Logistic();

  float middle_[4096];            // of (p + 1/2) / 4096
  float tail_[4097];              // minus stretch of p / 2^24
  std::int32_t squash_[4096 + 1];  // of -16 .. 16 in steps of 1/128
};

inline float clamp_stretch(float x) { return x > kStretchLimit ? kStretchLimit : x < -kStretchLimit ? -kStretchLimit : x; }

}  // namespace bytezip::experts
