#include "sample_forecasts.hpp"

#include <algorithm>
#include <cmath>

namespace bytezip::experts {
namespace {

constexpr int kWideImage = 18;   // neighbours of a sample in images of one channel
constexpr int kWideColour = 26;  // of several
constexpr int kQuickImage = 8;
constexpr int kOwnPast = 20;     // samples of a sound's own channel
constexpr int kOtherPast = 12;   // of the other one
constexpr int kQuickSignal = 12;
constexpr float kLeastDeviation = 0.15f;

int half_octaves(float x) {
  int octave = 0;
  while (x >= 2 && octave < SampleForecasts::kActivities / 2 - 1) {
    x *= 0.5f;
    ++octave;
  }
  return octave * 2 + (x >= 1.41421356f);
}

}  // namespace

float SampleForecasts::limited(double value) const {
  const double least = format_.bytes == 1 ? 0 : -32768;
  const double most = format_.bytes == 1 ? 255 : 32767;
  if (!(value >= least)) return static_cast<float>(least);  // also where it is no number
  return static_cast<float>(value > most ? most : value);
}

void SampleForecasts::begin_sample(const History& history, std::size_t at, const SampleFormat& format) {
  const bool same = format.bytes == format_.bytes && format.big_endian == format_.big_endian && format.channels == format_.channels &&
                    (format.row == 0) == (format_.row == 0);
  if (!same) adopt(format);
  if (pending_ && position_ + static_cast<std::size_t>(format.bytes) == at) learn(static_cast<float>(read_sample(history, position_, format)));
  format_ = format;
  position_ = at;
  channel_ = format.place(at) / static_cast<std::size_t>(format.bytes);
  pending_ = true;
  if (format.row != 0)
    forecast_image(history, at);
  else
    forecast_signal(history, at);
  const Channel& channel = channels_[channel_];
  for (int i = 0; i < kCount; ++i) deviations_[i] = std::max(kLeastDeviation, channel.deviations[i][activity_]);
}

// What was learnt of other samples does not hold for these.
void SampleForecasts::adopt(const SampleFormat& format) {
  format_ = format;
  pending_ = false;
  channels_.clear();
  channels_.resize(static_cast<std::size_t>(format.channels));
  errors_.assign(kErrors, Errors{});
  for (Channel& channel : channels_) {
    if (format.row != 0) {
      channel.wide = std::make_unique<LeastSquares>(format.channels == 1 ? kWideImage : kWideColour, 0.998, 0.01, 2);
      channel.quick = std::make_unique<LeastSquares>(kQuickImage, 0.96, 0.1, 1);
    } else {
      channel.wide = std::make_unique<LeastSquares>(format.channels == 1 ? kOwnPast : kOwnPast + kOtherPast, 0.998, 0.001, 2);
      channel.quick = std::make_unique<LeastSquares>(kQuickSignal, 0.98, 0.01, 1);
      channel.filter = std::make_unique<SignalFilter>();
    }
    for (auto& deviations : channel.deviations)
      for (int activity = 0; activity < kActivities; ++activity)
        deviations[activity] = static_cast<float>(activity % 2 == 0 ? 2 : 3) * static_cast<float>(1 << activity / 2) * 0.25f;
  }
}

void SampleForecasts::learn(float value) {
  Channel& channel = channels_[channel_];
  channel.wide->update(value);
  channel.quick->update(value);
  if (channel.filter) channel.filter->update(value - static_cast<float>(filter_base_));
  Errors& errors = errors_[position_ / static_cast<std::size_t>(format_.bytes) % kErrors];
  for (int i = 0; i < kCount; ++i) {
    const float error = std::fabs(value - centres_[i]);
    errors.of[i] = error;
    channel.recent_errors[i] += (error - channel.recent_errors[i]) * (1.0f / 16);
    float& deviation = channel.deviations[i][activity_];
    deviation += (error - deviation) * (1.0f / 48);
  }
}

void SampleForecasts::forecast_image(const History& history, std::size_t at) {
  const std::size_t stride = format_.stride();
  const std::size_t row = format_.row;
  const auto bytes = static_cast<std::size_t>(format_.bytes);
  // Samples `left` pixels before (after, where negative) the one in the row `up` rows above; channel: how many before.
  const auto sample = [&](std::size_t up, int left, std::size_t before = 0) {
    return static_cast<double>(read_sample(history, at - up * row - static_cast<std::size_t>(left) * stride - before * bytes, format_));
  };
  const double w = sample(0, 1), n = sample(1, 0), nw = sample(1, 1), ne = sample(1, -1), nn = sample(2, 0), ww = sample(0, 2);
  const double nne = sample(2, -1);
  double x[LeastSquares::kMost] = {w, n, nw, ne, ww, nn, nne, sample(1, -2), sample(1, 2), sample(2, 1), sample(0, 3), sample(2, -2)};
  Channel& channel = channels_[channel_];
  double colour = 0;  // by how much the channel before says that this one changed to the left
  double colour_above = 0;
  if (format_.channels == 1) {
    const double more[] = {sample(3, 0), sample(0, 4), sample(2, 2), sample(1, 3), sample(1, -3), sample(3, -1)};
    std::copy(std::begin(more), std::end(more), x + 12);
    centres_[1] = limited(channel.quick->predict(x));
  } else {
    const double p = sample(0, 0, 1), pw = sample(0, 1, 1), pn = sample(1, 0, 1), q = sample(0, 0, 2), qw = sample(0, 1, 2), qn = sample(1, 0, 2);
    const double more[] = {p, pw, pn, sample(1, 1, 1), sample(1, -1, 1), sample(0, 2, 1), sample(2, 0, 1),
                           q, qw, qn, sample(1, 1, 2), sample(1, -1, 2), sample(0, 2, 2), sample(2, 0, 2)};
    std::copy(std::begin(more), std::end(more), x + 12);
    const double near[kQuickImage] = {w, n, nw, p, pw, pn, q, ne};
    centres_[1] = limited(channel.quick->predict(near));
    colour = p - pw;
    colour_above = p - pn;
  }
  centres_[0] = limited(channel.wide->predict(x));
  const double plane = w + n - nw;
  centres_[2] = limited(std::max(std::min(w, n), std::min(std::max(w, n), plane)));
  centres_[3] = limited(w + colour);
  centres_[4] = limited(n + colour_above);
  centres_[5] = limited(plane + (colour == 0 ? 0 : colour + colour_above - sample(0, 0, 1) + sample(1, 1, 1)));
  centres_[6] = limited((w + ne) * 0.5 + (w - nw + n - nne) * 0.25);
  const Errors &ew = error_at(at - stride), &en = error_at(at - row), &ene = error_at(at - row + stride), &enw = error_at(at - row - stride);
  std::array<float, kCount> errors;
  for (int i = 0; i < kCount; ++i) errors[i] = ew.of[i] * 1.5f + en.of[i] + ene.of[i] * 0.75f + enw.of[i] * 0.75f;
  blend(errors);
  const auto roughness = static_cast<float>(std::fabs(w - nw) + std::fabs(n - nw) + std::fabs(n - ne));
  activity_ = half_octaves(1.0f + errors[0] * 2.0f + roughness * 0.5f);
}

void SampleForecasts::forecast_signal(const History& history, std::size_t at) {
  const std::size_t stride = format_.stride();
  const auto bytes = static_cast<std::size_t>(format_.bytes);
  const auto sample = [&](std::size_t back) { return static_cast<double>(read_sample(history, at - back, format_)); };
  double x[LeastSquares::kMost];
  int inputs = 0;
  for (std::size_t i = 1; i <= kOwnPast; ++i) x[inputs++] = sample(i * stride);
  if (format_.channels > 1)
    for (std::size_t i = 0; i < kOtherPast; ++i) x[inputs++] = sample(bytes + i * stride);
  Channel& channel = channels_[channel_];
  filter_base_ = limited(channel.wide->predict(x));
  double near[kQuickSignal];
  const int own = format_.channels > 1 ? 8 : kQuickSignal;
  for (int i = 0; i < kQuickSignal; ++i) near[i] = i < own ? x[i] : x[kOwnPast + i - own];
  centres_[0] = limited(filter_base_ + static_cast<double>(channel.filter->predict()));
  centres_[1] = limited(channel.quick->predict(near));
  centres_[2] = limited(filter_base_);
  centres_[3] = limited(filter_base_ + static_cast<double>(channel.filter->first()));
  centres_[4] = limited(x[0]);
  centres_[5] = limited(2 * x[0] - x[1]);
  centres_[6] = limited(format_.channels > 1 ? x[0] + x[kOwnPast] - x[kOwnPast + 1] : 3 * x[0] - 3 * x[1] + x[2]);
  blend(channel.recent_errors);
  activity_ = half_octaves(1.0f + channel.recent_errors[0] * 4.0f + error_at(at - stride).of[0] * 0.5f);
}

// The last forecast: a mean of the others, weighted by the inverse square of their errors.
void SampleForecasts::blend(const std::array<float, kCount>& errors) {
  float sum = 0;
  float total = 0;
  for (int i = 0; i < kCount - 1; ++i) {
    const float error = errors[i] + 0.5f;
    const float weight = 1.0f / (error * error);
    sum += weight * centres_[i];
    total += weight;
  }
  centres_[kCount - 1] = sum / total;
}

}  // namespace bytezip::experts
