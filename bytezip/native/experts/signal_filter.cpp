#include "signal_filter.hpp"

#include <cstring>

namespace bytezip::experts {
namespace {

constexpr int kSums = 16;  // partial sums, whatever the machine's vectors; all counts of taps are multiples

float dot(const float* a, const float* b, std::size_t count) {
  float sums[kSums] = {};
  for (std::size_t i = 0; i < count; i += kSums)
    for (std::size_t j = 0; j < kSums; ++j) sums[j] += a[i + j] * b[i + j];
  float total = 0;
  for (const float sum : sums) total += sum;
  return total;
}

}  // namespace

SignalFilter::SignalFilter() : stages_{{256, 0.002f}, {32, 0.004f}, {16, 0.008f}} {}

float SignalFilter::Stage::predict() {
  forecast = dot(weights.data(), past.data(), weights.size());
  power = dot(past.data(), past.data(), past.size());
  return forecast;
}

float SignalFilter::Stage::update(float value) {
  const float error = value - forecast;
  const float step = rate * error / (power / static_cast<float>(weights.size()) + 1.0f);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] += step * past[i];
  std::memmove(past.data() + 1, past.data(), (past.size() - 1) * sizeof(float));
  past[0] = value;
  return error;
}

float SignalFilter::predict() {
  float sum = 0;
  for (Stage& stage : stages_) sum += stage.predict();
  return sum;
}

void SignalFilter::update(float value) {
  for (Stage& stage : stages_) value = stage.update(value);
}

}  // namespace bytezip::experts
