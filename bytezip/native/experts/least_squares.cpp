#include "least_squares.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace bytezip::experts {

LeastSquares::LeastSquares(int inputs, double memory, double regularisation, int interval)
    : n_(inputs), memory_(memory), regularisation_(regularisation), interval_(interval), x_(inputs), weights_(inputs), moments_(inputs),
      squares_(inputs * inputs), factor_(inputs * inputs) {
  assert(inputs >= 1 && inputs <= kMost);
}

double LeastSquares::predict(const double* x) {
  std::copy(x, x + n_, x_.begin());
  double sum = 0;
  for (int i = 0; i < n_; ++i) sum += weights_[i] * x[i];
  return sum;
}

void LeastSquares::update(double value) {
  const double rest = 1 - memory_;
  for (int i = 0; i < n_; ++i) {
    double* const row = &squares_[i * n_];
    const double scaled = x_[i] * rest;
    for (int j = 0; j <= i; ++j) row[j] = row[j] * memory_ + scaled * x_[j];
    moments_[i] = moments_[i] * memory_ + scaled * value;
  }
  if (++waiting_ < interval_) return;
  waiting_ = 0;
  solve();
}

// Right-looking, so that the inner loops add element by element and may run in vectors of any width.
void LeastSquares::solve() {
  for (int j = 0; j < n_; ++j)
    for (int i = j; i < n_; ++i) factor_[j * n_ + i] = squares_[i * n_ + j];
  for (int j = 0; j < n_; ++j) factor_[j * n_ + j] += regularisation_;
  double solution[kMost];
  std::copy(moments_.begin(), moments_.end(), solution);
  for (int k = 0; k < n_; ++k) {
    double* const column = &factor_[k * n_];
    if (!(column[k] > 1e-9)) return;  // not solvable: the weights stay
    const double scale = 1 / std::sqrt(column[k]);
    for (int i = k; i < n_; ++i) column[i] *= scale;
    for (int j = k + 1; j < n_; ++j) {
      double* const other = &factor_[j * n_];
      const double by = column[j];
      for (int i = j; i < n_; ++i) other[i] -= by * column[i];
    }
    solution[k] /= column[k];
    for (int i = k + 1; i < n_; ++i) solution[i] -= solution[k] * column[i];
  }
  for (int i = n_ - 1; i >= 0; --i) {
    const double* const column = &factor_[i * n_];
    double sum = solution[i];
    for (int j = i + 1; j < n_; ++j) sum -= column[j] * solution[j];
    solution[i] = sum / column[i];
  }
  std::copy(solution, solution + n_, weights_.begin());
}

}  // namespace bytezip::experts
