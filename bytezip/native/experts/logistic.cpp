#include "logistic.hpp"

namespace bytezip::experts {
namespace {

// ln x by range reduction to [2/3, 4/3) and the series of 2 artanh((x - 1) / (x + 1)): no libm, so no rounding of its own.
double natural_logarithm(double x) {
  constexpr double kLogarithmOfTwo = 0.693147180559945309417;
  double octaves = 0;
  for (; x >= 4.0 / 3; x /= 2) ++octaves;
  for (; x < 2.0 / 3; x *= 2) --octaves;
  const double z = (x - 1) / (x + 1);
  const double square = z * z;
  double power = z;
  double sum = 0;
  for (int odd = 1; odd < 40; odd += 2) {
    sum += power / odd;
    power *= square;
  }
  return octaves * kLogarithmOfTwo + 2 * sum;
}

double logit(double p) { return natural_logarithm(p / (1 - p)); }

}  // namespace

Logistic::Logistic() {
  for (int p = 0; p < 4096; ++p) middle_[p] = static_cast<float>(logit((p + 0.5) / 4096));
  tail_[0] = kStretchLimit;
  for (int p = 1; p <= 4096; ++p) {
    const double x = -logit(static_cast<double>(p) / kProbabilityOne);
    tail_[p] = x > kStretchLimit ? kStretchLimit : static_cast<float>(x);
  }
  constexpr double kStep = 1.00784309720644798;  // e^(1/128)
  double odds = 1;                               // e^(i/128)
  for (int i = 0; i <= 2048; ++i, odds *= kStep) {
    const std::int32_t above = static_cast<std::int32_t>(kProbabilityOne * (odds / (1 + odds)));
    squash_[2048 + i] = above < kProbabilityOne ? above : kProbabilityOne - 1;
    squash_[2048 - i] = kProbabilityOne - squash_[2048 + i];
  }
}

const Logistic& Logistic::tables() {
  static const Logistic logistic;
  return logistic;
}

}  // namespace bytezip::experts
