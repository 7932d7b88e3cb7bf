// Root-mean-square normalisation of integers: an exact integer root, one reciprocal in 40 bits, then floats.
// Knows: vectors of int32.  Does not know: what is normalised.
#pragma once

#include <cmath>
#include <cstdint>

namespace bytezip {
namespace {

// floor(sqrt(square)), at least 1. The double is off by one at most, and is put right with integers.
inline std::int64_t integer_root(std::int64_t square) {
  auto root = static_cast<std::int64_t>(std::sqrt(static_cast<double>(square)));
  if (root * root > square) --root;
  if ((root + 1) * (root + 1) <= square) ++root;
  return root > 1 ? root : 1;
}

template <class V>
inline std::int64_t sum_of_squares(const std::int32_t* values, int count) {
  typename V::Wide sum = V::zero_wide();
  int i = 0;
  for (; i + V::width <= count; i += V::width) sum = V::add_squares(sum, V::load(values + i));
  if (i < count) sum = V::add_squares(sum, V::first(V::load(values + i), count - i));
  return V::total_wide(sum);
}

// Their reciprocal root in units of 2^-40.
template <class V>
inline float reciprocal_root(const std::int32_t* values, int count) {
  const std::int64_t root = integer_root(sum_of_squares<V>(values, count));
  return static_cast<float>((std::int64_t{1} << 40) / root);
}

}  // namespace
}  // namespace bytezip
