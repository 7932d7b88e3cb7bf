// From forecasts of a sample to probabilities of its bits. Around each forecast lies a bell with heavy tails (Student's
// t with four degrees of freedom, whose integral needs no more than a square root); each bit halves the values that the
// byte can still have, and its probability is the share of the bell's mass in the upper half.
// Knows: numbers, sample formats.  Does not know: where forecasts come from, the mixer.
#pragma once

#include <array>

#include "sample_detector.hpp"
#include "sample_forecasts.hpp"

namespace bytezip::experts {

class SampleDistribution {
 public:
  static constexpr int kCount = SampleForecasts::kCount;

  // index: 0 or 1, which byte of the sample comes next; first: the one before it, where index is 1.
  void begin_byte(const SampleForecasts& forecasts, const SampleFormat& format, int index, int first);

  // For each forecast the probability that the next bit is 1, in (0, 1); 1/2 where the forecast says nothing.
  void predict(std::array<float, kCount>& result);

  void update(int bit);

 private:
  // Values of a byte form up to three ranges of values of the sample: the low byte of two alone leaves it open in which
  // of the three nearest ranges of 256 the sample lies.
  static constexpr int kRanges = 3;
  // The high byte of two that comes last is one of a few numbers that the low byte has left.
  static constexpr int kPoints = 5;

  using Tails = std::array<float, kCount>;

  void begin_points(int low);
  void predict_points(std::array<float, kCount>& result) const;
  Tails tails(int range, float boundary) const;

  std::array<float, kCount> centres_{};
  std::array<float, kCount> inverse_scales_{};
  std::array<std::array<float, kCount>, kRanges> bases_{};
  std::array<std::array<int, kCount>, kPoints> points_{};  // values of the byte
  std::array<std::array<float, kCount>, kPoints> densities_{};
  std::array<Tails, kRanges> lower_{};
  std::array<Tails, kRanges> middle_{};
  std::array<Tails, kRanges> upper_{};
  bool by_points_ = false;
  int ranges_ = 1;
  int flip_ = 0;       // 128 where the byte's values are in the order of signed numbers
  float unit_ = 1;     // of the sample for a step of the byte
  int known_ = 0;      // bits of the byte
  int bits_ = 0;       // their value
  int from_ = 0;       // the values left, flipped: from_ .. from_ + size_ - 1
  int size_ = 256;
};

}  // namespace bytezip::experts
