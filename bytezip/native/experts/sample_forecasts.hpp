// Numbers that the next sample of an image or of a sound should be near: least squares over its neighbours, simple
// gradients, for sounds a cascade of adaptive filters, and a mean of all that trusts those which erred least nearby;
// each with how far off it uses to be at such a place.
// Floats and doubles in a written order. Knows: history, sample formats.  Does not know: bits, probabilities.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "history.hpp"
#include "least_squares.hpp"
#include "sample_detector.hpp"
#include "signal_filter.hpp"

namespace bytezip::experts {

class SampleForecasts {
 public:
  SampleForecasts() { deviations_.fill(1); }  // a lane may come in the middle of a sample, before any forecast

  static constexpr int kCount = 8;
  static constexpr int kActivities = 32;

  // The sample whose first byte is at `at` comes next. Learns from the one before it, if that was forecast.
  void begin_sample(const History& history, std::size_t at, const SampleFormat& format);

  const std::array<float, kCount>& centres() const { return centres_; }
  const std::array<float, kCount>& deviations() const { return deviations_; }  // mean, of a sample from its forecast
  int activity() const { return activity_; }  // 0..kActivities-1: how rough it is here, half an octave each

 private:
  static constexpr std::size_t kErrors = 1 << 15;  // samples whose errors are remembered

  struct Channel {
    std::unique_ptr<LeastSquares> wide;
    std::unique_ptr<LeastSquares> quick;
    std::unique_ptr<SignalFilter> filter;
    std::array<float, kCount> recent_errors{};
    std::array<std::array<float, kActivities>, kCount> deviations{};
  };

  struct Errors {
    std::array<float, kCount> of{};
  };

  void adopt(const SampleFormat& format);
  void learn(float value);
  void forecast_image(const History& history, std::size_t at);
  void forecast_signal(const History& history, std::size_t at);
  void blend(const std::array<float, kCount>& errors);
  const Errors& error_at(std::size_t at) const { return errors_[at / static_cast<std::size_t>(format_.bytes) % kErrors]; }
  float limited(double value) const;

  SampleFormat format_;
  std::vector<Channel> channels_;
  std::vector<Errors> errors_;
  std::array<float, kCount> centres_{};
  std::array<float, kCount> deviations_{};
  double filter_base_ = 0;   // the linear forecast that the filter's is added to
  int activity_ = 0;
  std::size_t channel_ = 0;
  std::size_t position_ = 0;  // of the sample that is forecast
  bool pending_ = false;
};

}  // namespace bytezip::experts
