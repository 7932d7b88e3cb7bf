// A cascade of normalised least-mean-squares filters, each of which forecasts what the one before left over (the plan
// of Monkey's Audio and OptimFROG): long memory first, short last.
// Floats in a written order. Knows: numbers.  Does not know: where they come from.
#pragma once

#include <vector>

namespace bytezip::experts {

class SignalFilter {
 public:
  SignalFilter();

  float predict();
  void update(float value);

  // What the first stage says alone.
  float first() const { return stages_.front().forecast; }

 private:
  struct Stage {
    Stage(int taps, float rate) : rate(rate), weights(taps), past(taps) {}
    float predict();
    float update(float value);  // returns what is left over

    float rate;
    std::vector<float> weights;
    std::vector<float> past;  // the latest first
    float forecast = 0;
    float power = 0;
  };

  std::vector<Stage> stages_;
};

}  // namespace bytezip::experts
