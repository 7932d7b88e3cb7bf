// Recursive least squares: the linear forecast that would have cost least over the recent past, weights fading as it
// recedes (as the OLS predictors of paq8px and of S. Lehmann's Sac). Solved by Cholesky every few samples. Doubles, and
// only + - * / and sqrt in a written order: the same bits on every machine.
// Knows: numbers.  Does not know: what they are samples of.
#pragma once

#include <vector>

namespace bytezip::experts {

class LeastSquares {
 public:
  // inputs: at most kMost. memory: the weight of one sample against that of the next, below 1. interval: samples
  // between two solutions.
  LeastSquares(int inputs, double memory, double regularisation, int interval);

  static constexpr int kMost = 32;

  // x: the inputs, kept for the update.
  double predict(const double* x);
  void update(double value);

 private:
  void solve();

  int n_;
  double memory_;
  double regularisation_;
  int interval_;
  int waiting_ = 0;
  std::vector<double> x_;
  std::vector<double> weights_;
  std::vector<double> moments_;  // [n]: sum of x * value
  std::vector<double> squares_;  // [n][n]: sum of x * x, lower triangle
  std::vector<double> factor_;   // [n][n], by columns
};

}  // namespace bytezip::experts
