// From sums back to small integers: one multiplication by the scale of the row, then round half to even.
// Knows: scales and limits.  Does not know: layers.
#pragma once

#include "matvec.hpp"
#include "model.hpp"

namespace bytezip {
namespace {

// The floats of a, at most `limit` in magnitude, as integers.
template <class V>
inline typename V::Ints rounded(typename V::Floats a, float limit) {
  return V::to_int(V::larger(V::smaller(a, V::set_float(limit)), V::set_float(-limit)));
}

// As multiply(), for a matrix of weights: each(column, row, sums, scales) gets both as floats. kBias: of the columns.
template <class V, int kBias = V::bias, class Each>
inline void project(const Matrix& matrix, const std::int8_t (*activations)[kByteStride], int count, Each&& each) {
  const Rows rows{matrix.weights, matrix.blocks, matrix.steps, static_cast<std::size_t>(matrix.steps) * (4 * V::width)};
  multiply<V, Operands::biased_columns, kByteStride>(rows, activations[0], count, [&](int c, int row, typename V::Ints sum) {
    if constexpr (kBias != 0) sum = V::add(sum, V::load(matrix.correction + row));
    each(c, row, V::to_float(sum), V::load_floats(matrix.scale + row));
  });
}

// residual += the product, both ends clamped to the residual's range.
template <class V, int kBias = V::bias>
inline void add_projection(const Matrix& matrix, const std::int8_t (*activations)[kByteStride], int count,
                           std::int32_t (*residual)[kIntStride]) {
  constexpr float kLimit = static_cast<float>(kResidualLimit);
  project<V, kBias>(matrix, activations, count, [&](int c, int row, typename V::Floats sum, typename V::Floats scale) {
    const typename V::Ints change = rounded<V>(V::multiply(sum, scale), kLimit);
    const typename V::Ints result = V::add(V::load(residual[c] + row), change);
    V::store(residual[c] + row,
             V::larger(V::smaller(result, V::set(kResidualLimit)), V::set(-kResidualLimit)));
  });
}

// Integers of at most `limit` in magnitude.
template <class V, int kStride>
inline void quantise_projection(const Matrix& matrix, const std::int8_t (*activations)[kByteStride], int count,
                                float limit, std::int32_t (*results)[kStride]) {
  project<V>(matrix, activations, count, [&](int c, int row, typename V::Floats sum, typename V::Floats scale) {
    V::store(results[c] + row, rounded<V>(V::multiply(sum, scale), limit));
  });
}

// The square of the positive part, 0..255, as bytes with the bias of squares.
template <class V>
inline void square_projection(const Matrix& matrix, const std::int8_t (*activations)[kByteStride], int count,
                              std::int8_t (*results)[kByteStride]) {
  project<V>(matrix, activations, count, [&](int c, int row, typename V::Floats sum, typename V::Floats scale) {
    const typename V::Floats positive = V::multiply(V::larger(sum, V::set_float(0.0f)), scale);
    const typename V::Ints square = rounded<V>(V::multiply(positive, positive), 255.0f);
    V::store_bytes(results[c] + row, V::add(square, V::set(V::square_bias)));
  });
}

}  // namespace
}  // namespace bytezip
