#include "sample_distribution.hpp"

#include <cmath>

namespace bytezip::experts {
namespace {

constexpr float kLeast = 1.0f / (1 << 20);  // probability of a bit

float ratio(float zero, float one) {
  const float sum = zero + one;
  if (!(sum > 1e-30f)) return 0.5f;
  const float p = one / sum;
  return p < kLeast ? kLeast : p > 1 - kLeast ? 1 - kLeast : p;
}

}  // namespace

void SampleDistribution::begin_byte(const SampleForecasts& forecasts, const SampleFormat& format, int index, int first) {
  centres_ = forecasts.centres();
  for (int i = 0; i < kCount; ++i) inverse_scales_[i] = 0.5f / forecasts.deviations()[i];
  known_ = bits_ = from_ = 0;
  size_ = 256;
  by_points_ = format.bytes == 2 && !format.big_endian && index == 1;
  if (by_points_) return begin_points(first);
  ranges_ = format.bytes == 2 && !format.big_endian ? kRanges : 1;
  flip_ = format.bytes == 2 && format.big_endian && index == 0 ? 128 : 0;
  unit_ = flip_ != 0 ? 256 : 1;
  float base = 0;
  if (flip_ != 0) base = -32768;
  if (format.bytes == 2 && format.big_endian && index == 1) base = static_cast<float>((first >= 128 ? first - 256 : first) * 256);
  for (int range = 0; range < ranges_; ++range) {
    for (int i = 0; i < kCount; ++i)
      bases_[range][i] = ranges_ == 1 ? base : static_cast<float>(static_cast<int>(std::floor(centres_[i] * (1.0f / 256))) + range - 1) * 256;
    lower_[range] = tails(range, 0);
    upper_[range] = tails(range, 256);
  }
}

void SampleDistribution::begin_points(int low) {
  for (int i = 0; i < kCount; ++i) {
    const int nearest = static_cast<int>(std::floor((centres_[i] - static_cast<float>(low)) * (1.0f / 256) + 0.5f));
    for (int point = 0; point < kPoints; ++point) {
      const int high = nearest + point - kPoints / 2;
      const float x = (static_cast<float>(high * 256 + low) - centres_[i]) * inverse_scales_[i];
      const float root = std::sqrt(1 + x * x);
      points_[point][i] = high & 255;
      densities_[point][i] = 1 / (root * root * root * root * root);
    }
  }
}

void SampleDistribution::predict_points(std::array<float, kCount>& result) const {
  for (int i = 0; i < kCount; ++i) {
    float mass[2] = {0, 0};
    for (int point = 0; point < kPoints; ++point)
      if (points_[point][i] >> (8 - known_) == bits_) mass[points_[point][i] >> (7 - known_) & 1] += densities_[point][i];
    result[i] = ratio(mass[0], mass[1]);
  }
}

// Of the bell's mass above the boundary where that lies above the centre, otherwise minus the mass below it.
SampleDistribution::Tails SampleDistribution::tails(int range, float boundary) const {
  Tails result;
  for (int i = 0; i < kCount; ++i) {
    const float x = (bases_[range][i] + boundary * unit_ - 0.5f - centres_[i]) * inverse_scales_[i];
    const float size = std::fabs(x);
    const float root = std::sqrt(1 + size * size);
    const float v = 1 / (root * (root + size));
    const float tail = 0.25f * v * v * (3 - v);
    result[i] = x < 0 ? -tail : tail;
  }
  return result;
}

void SampleDistribution::predict(std::array<float, kCount>& result) {
  if (by_points_) return predict_points(result);
  std::array<float, kCount> below{};
  std::array<float, kCount> above{};
  for (int range = 0; range < ranges_; ++range) {
    middle_[range] = tails(range, static_cast<float>(from_ + size_ / 2));
    for (int i = 0; i < kCount; ++i) {
      const float a = lower_[range][i], b = middle_[range][i], c = upper_[range][i];
      below[i] += a - b + (a < 0 && b >= 0 ? 1.0f : 0.0f);
      above[i] += b - c + (b < 0 && c >= 0 ? 1.0f : 0.0f);
    }
  }
  const bool turned = flip_ != 0 && known_ == 0;  // the first bit is the sign
  for (int i = 0; i < kCount; ++i) result[i] = turned ? ratio(above[i], below[i]) : ratio(below[i], above[i]);
}

void SampleDistribution::update(int bit) {
  bits_ = bits_ * 2 + bit;
  const bool upper = flip_ != 0 && known_ == 0 ? bit == 0 : bit == 1;
  ++known_;
  size_ /= 2;
  if (upper) {
    from_ += size_;
    for (int range = 0; range < ranges_; ++range) lower_[range] = middle_[range];
  } else {
    for (int range = 0; range < ranges_; ++range) upper_[range] = middle_[range];
  }
}

}  // namespace bytezip::experts
